// What somebody at the keyboard needs in every widget. This has no place of its own on the page.
//
// JupyterLab takes the arrow keys for itself wherever nothing is typed, also in a list to choose from: the lists of
// the widget keep theirs. And a control that is hidden or taken away takes the focus with it, to the top of the page:
// the control that stands at its place now gets it, or else the next one.
const CONTROLS = "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary";
const REDRAWN = 60; // ms until a part of a widget that is replaced stands there again

function render({ el }) {
  const page = el.ownerDocument;
  let held = null; // the control of this widget that has the focus
  let around = []; // what it stands in, from the inside out
  let waiting = null;

  const ours = (node) => node.closest?.(".smtp-bench") === el.closest(".smtp-bench");
  const there = (node) => node.isConnected && node.checkVisibility();
  const controls = (part) => [...part.querySelectorAll(CONTROLS)].filter(there);

  function focused(event) {
    held = ours(event.target) ? event.target : null;
    around = [];
    for (let node = held?.parentElement; node && ours(node); node = node.parentElement) around.push(node);
    if (held?.matches("select")) held.dataset.lmSuppressShortcuts = "true";
  }

  function left() {
    // a focus that went away by itself leaves its control where it was
    setTimeout(() => {
      if (held && there(held) && page.activeElement !== held) held = null;
    });
  }

  function changed() {
    if (held && !there(held) && waiting === null) waiting = setTimeout(catchFocus, REDRAWN);
  }

  function catchFocus() {
    waiting = null;
    if (!held || there(held) || ![null, page.body, held].includes(page.activeElement)) return;
    for (const part of around.filter(there)) {
      const [first, ...others] = controls(part);
      const next = held.isConnected
        ? [first, ...others].find((control) => control && held.compareDocumentPosition(control) & 4)
        : first;
      if (next) return next.focus({ focusVisible: true });
    }
  }

  const observer = new MutationObserver(changed);
  // what it stands in is not known before it is on the page
  const frame = requestAnimationFrame(() => {
    const bench = el.closest(".smtp-bench");
    if (bench) observer.observe(bench, { subtree: true, childList: true, attributeFilter: ["style", "class", "hidden"] });
  });
  el.hidden = true;
  page.addEventListener("focusin", focused);
  page.addEventListener("focusout", left);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(waiting);
    observer.disconnect();
    page.removeEventListener("focusin", focused);
    page.removeEventListener("focusout", left);
  };
}

export default { render };
