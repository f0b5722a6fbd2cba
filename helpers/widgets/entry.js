// The console's place to type: one line (Enter sends, the arrow keys walk through what was sent before),
// or a message of several lines. Both are one widget, so that the focus can follow from one to the other.
let made = 0;

function element(name, attributes, parent) {
  const part = Object.assign(document.createElement(name), attributes);
  parent.append(part);
  return part;
}

function labelled(name, attributes, parent) {
  const id = `smtp-entry-${(made += 1)}`;
  const label = element("label", { htmlFor: id }, parent);
  return [label, element(name, { id, spellcheck: false, autocomplete: "off", autocapitalize: "off", ...attributes }, parent)];
}

function render({ model, el }) {
  // JupyterLab's shortcuts would take Enter and Ctrl+Enter away
  el.dataset.lmSuppressShortcuts = "true";
  el.addEventListener("keydown", (event) => event.stopPropagation());
  const [lineLabel, line] = labelled("input", { type: "text" }, el);
  const [messageLabel, message] = labelled("textarea", { rows: 8 }, el);
  const button = element("button", { type: "button", className: "jupyter-button smtp-send" }, el);
  lineLabel.textContent = "Line to send (Enter sends it, ↑ and ↓ bring back earlier lines)";
  messageLabel.textContent = "Message to send (Ctrl+Enter sends it)";

  let place = null; // where in the history we are; null: at the line being typed
  let typed = "";

  function walk(step) {
    const history = model.get("history");
    const from = place ?? history.length;
    const to = Math.min(Math.max(from + step, 0), history.length);
    if (to === from) return;
    if (place === null) typed = line.value;
    place = to === history.length ? null : to;
    line.value = place === null ? typed : history[place];
    line.setSelectionRange(line.value.length, line.value.length);
  }

  function submit() {
    const from = model.get("multiline") ? message : line;
    model.send({ event: "submit", value: from.value });
    from.value = "";
    place = null;
  }

  function arrange() {
    const multiline = model.get("multiline");
    const hadFocus = el.contains(document.activeElement);
    for (const part of [line, lineLabel]) part.hidden = multiline;
    for (const part of [message, messageLabel]) part.hidden = !multiline;
    button.textContent = multiline ? "Send message" : "Send line";
    if (hadFocus) (multiline ? message : line).focus();
  }

  line.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const action = { Enter: submit, ArrowUp: () => walk(-1), ArrowDown: () => walk(1) }[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });
  message.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      submit();
    }
  });
  button.addEventListener("click", submit);
  model.on("change:multiline", arrange);
  arrange();
  return () => model.off("change:multiline", arrange);
}

export default { render };
