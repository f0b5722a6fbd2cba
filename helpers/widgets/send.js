// The button that sends a form. A text field tells the kernel of a key only when the kernel has dealt with the
// key before, so what it knows lags behind fast fingers: this button brings along what the fields hold now.
function render({ model, el }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "jupyter-button smtp-send";
  el.append(button);

  function describe() {
    button.textContent = model.get("description");
    button.title = model.get("tooltip") ?? "";
  }

  async function submit() {
    const values = {};
    for (const reference of model.get("fields")) {
      const identifier = reference.replace("IPY_MODEL_", "");
      values[identifier] = (await model.widget_manager.get_model(identifier)).get("value");
    }
    model.send({ event: "click", values });
  }

  // Enter in a field of one line sends; the fields are other widgets, so it is caught on its way to them
  function onKey(event) {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches?.(".smtp-field input:not([type=checkbox])")) return;
    if (!el.closest(".smtp-bench")?.contains(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    submit();
  }

  button.addEventListener("click", submit);
  document.addEventListener("keydown", onKey, true);
  model.on("change:description change:tooltip", describe);
  describe();
  return () => {
    document.removeEventListener("keydown", onKey, true);
    model.off("change:description change:tooltip", describe);
  };
}

export default { render };
