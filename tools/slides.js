// Starts the slides, and makes the code and the cards of each as large as they can be: fonts differ between machines.
const LARGEST = 26, SMALLEST = 18;

function fit(slide) {
  const tooMuch = () => slide.scrollHeight > slide.clientHeight + 1 || slide.scrollWidth > slide.clientWidth + 1;
  for (let size = LARGEST; size >= SMALLEST; size -= 1) {
    slide.style.setProperty("--fit", `${size}px`);
    if (!tooMuch()) return;
  }
}

Reveal.on("ready", ({ currentSlide }) => fit(currentSlide));
Reveal.on("slidechanged", ({ currentSlide }) => fit(currentSlide));
Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0,
  center: false,
  hash: true,
  transition: "none",
  backgroundTransition: "none",
  slideNumber: "c/t",
  plugins: [RevealNotes],
});
