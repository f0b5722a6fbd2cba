// JupyterLab takes the arrow keys for itself wherever nothing is typed, also in a list to choose from. This has no
// place of its own on the page: it lets the lists of the widget that it stands in keep their keys.
function render({ el }) {
  function keep(event) {
    if (!event.target.matches?.("select") || !el.closest(".smtp-bench")?.contains(event.target)) return;
    event.target.dataset.lmSuppressShortcuts = "true";
  }

  el.hidden = true;
  document.addEventListener("focusin", keep);
  return () => document.removeEventListener("focusin", keep);
}

export default { render };
