// Starts the slides, and makes the letters of each as large as fits: fonts differ between machines.
// In pixels of a slide that is 1280 wide: prose, then code and cards.
const SIZES = [[34, 30], [32, 28], [30, 26], [28, 24], [28, 22], [28, 20], [27, 18]];
const UNBROKEN = 22; // long lines of code are broken rather than made smaller than this

function fit(slide) {
  const cut = (element) => element.scrollWidth > element.clientWidth + 1;
  const tooMuch = () =>
    slide.scrollHeight > slide.clientHeight + 1 || cut(slide) || [...slide.querySelectorAll("pre")].some(cut);
  const fits = ([prose, code]) => {
    slide.style.setProperty("--prose", `${prose}px`);
    slide.style.setProperty("--fit", `${code}px`);
    return !tooMuch();
  };
  slide.classList.add("unbroken");
  if (SIZES.filter(([, code]) => code >= UNBROKEN).some(fits)) return;
  slide.classList.remove("unbroken");
  SIZES.some(fits);
}

Reveal.on("ready", ({ currentSlide }) => fit(currentSlide));
Reveal.on("slidechanged", ({ currentSlide }) => fit(currentSlide));
Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0,
  center: false,
  controls: false,
  hash: true,
  transition: "none",
  backgroundTransition: "none",
  slideNumber: "c/t",
  plugins: [RevealNotes],
});
