// Draws the parts that the kernel describes, and reports to it what a person does.
//
// - Only panes are HTML, which the kernel has escaped; everything else is set as text.
// - Each change is a message of its own, sent immediately when a field is left or a button is pressed. Messages are
//   numbered and never merged, so a press acts on everything that was typed before it, however busy the kernel is,
//   and whichever of its threads receives them.
// - The value of a field is only replaced if the kernel sets a new one, which it marks with a new stamp.
// - A secret leaves its field as soon as it has been sent.
// - While a mouse button or finger is down, nothing is redrawn: a button that moved away could not be pressed.

const TYPING_MS = 120;
const PIECE = 1 << 20;
let made = 0;

function create(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    // The property `list` of an input can only be read.
    if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

class Field {
  constructor(name, spec, form) {
    this.name = name;
    this.form = form;
    this.kind = spec.kind;
    this.id = `msgnb-${++made}`;
    this.input = this.control(spec);
    this.input.id = this.id;
    this.input.setAttribute("aria-describedby", `${this.id}-note ${this.id}-problem`);
    this.label = create("label", { htmlFor: this.id });
    this.note = create("div", { id: `${this.id}-note`, className: "msgnb-note" });
    this.problem = create("div", { id: `${this.id}-problem`, className: "msgnb-problem", role: "alert" });
    this.box = create("div", { className: "msgnb-box" }, this.input);
    if (this.kind === "text") this.offerAsTyped();
    if (this.kind === "file") this.box.append((this.picture = create("img", { hidden: true, alt: "" })));
    this.box.append(this.note, this.problem);
    this.node = create("div", { className: `msgnb-field msgnb-${this.kind} msgnb-part-${name}` }, this.label, this.box);
    this.listen();
  }

  control(spec) {
    if (this.kind === "textarea") return create("textarea", { rows: spec.rows || 4, spellcheck: true });
    if (this.kind === "select") return create("select");
    const type = { check: "checkbox", secret: "password" }[this.kind] || this.kind;
    const input = create("input", { type, autocomplete: this.kind === "secret" ? "new-password" : "off" });
    if (this.kind === "file") input.accept = spec.accept;
    return input;
  }

  offerAsTyped() {
    this.offers = create("datalist", { id: `${this.id}-offers` });
    this.input.setAttribute("list", this.offers.id);
    this.box.append(this.offers);
  }

  listen() {
    this.input.addEventListener("change", () => (this.kind === "file" ? this.upload() : this.report()));
    this.input.addEventListener("focus", () => this.form.send({ do: "focus", name: this.name }), { once: true });
    if (["text", "textarea"].includes(this.kind)) {
      this.input.addEventListener("input", () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.report(), TYPING_MS);
      });
    }
    if (["text", "secret"].includes(this.kind)) {
      this.input.addEventListener("keydown", (event) => {
        // Enter also completes a character that is composed, as in Japanese.
        if (event.key === "Enter" && !event.isComposing) this.form.enter();
      });
    }
  }

  get value() {
    return this.kind === "check" ? this.input.checked : this.input.value;
  }

  report() {
    clearTimeout(this.timer);
    if (this.kind === "file" || this.value === this.known) return;
    this.known = this.value;
    this.form.send({ do: "change", name: this.name, value: this.value });
    if (this.kind === "secret") this.known = this.input.value = "";
  }

  async upload() {
    const file = this.input.files[0];
    this.picture.hidden = true;
    if (!file) return this.form.send({ do: "change", name: this.name, value: null });
    if (file.size <= this.spec.most && file.type.startsWith("image/")) {
      // Until then the browser keeps the picture in memory.
      URL.revokeObjectURL(this.picture.src);
      Object.assign(this.picture, { src: URL.createObjectURL(file), alt: file.name, hidden: false });
    }
    // One after the other: the pieces of two files for one field must not mix.
    this.form.uploads = this.form.uploads.then(() => this.transfer(file));
  }

  async transfer(file) {
    const about = { do: "file", name: this.name, file: file.name, type: file.type, size: file.size };
    // Of a file that is too large only the size is sent; the kernel answers with an error.
    const end = file.size > this.spec.most ? 0 : file.size;
    for (let offset = 0; offset === 0 || offset < end; offset += PIECE) {
      const piece = await file.slice(offset, Math.min(end, offset + PIECE)).arrayBuffer();
      this.form.send({ ...about, offset }, [piece]);
    }
  }

  update(spec) {
    const before = this.spec || {};
    this.spec = spec;
    this.node.hidden = spec.shown === false;
    this.label.textContent = spec.label;
    if (this.input.placeholder !== spec.hint && "placeholder" in this.input) this.input.placeholder = spec.hint;
    this.note.textContent = spec.note;
    this.problem.textContent = spec.problem;
    this.input.setAttribute("aria-invalid", spec.problem ? "true" : "false");
    if (JSON.stringify(before.options) !== JSON.stringify(spec.options)) this.offer(spec.options);
    if (before.stamp !== spec.stamp) this.write(spec.value);
  }

  offer(options) {
    const home = this.offers || (this.kind === "select" && this.input);
    if (!home) return;
    const chosen = this.input.value;
    home.replaceChildren(...options.map(([value, label]) => create("option", { value, textContent: label })));
    // Replacing the options has selected the first one.
    if (this.kind === "select") this.input.value = chosen;
  }

  write(value) {
    if (this.kind === "file") {
      if (!value) Object.assign(this.input, { value: "" }), (this.picture.hidden = true);
    } else if (this.kind === "check") this.input.checked = value;
    else this.input.value = value ?? "";
    this.known = this.value;
  }

  insert(text) {
    const { selectionStart: start, selectionEnd: end } = this.input;
    this.input.setRangeText(text, start, end, "end");
    this.input.focus();
    this.report();
  }
}

class Button {
  constructor(name, spec, form) {
    this.form = form;
    this.node = create("button", { type: "button", className: `msgnb-button msgnb-${spec.look} msgnb-part-${name}` });
    this.node.addEventListener("click", () => form.press(name));
  }

  update(spec) {
    this.spec = spec;
    this.node.textContent = spec.label;
    this.node.title = spec.hint;
    this.node.hidden = spec.shown === false;
    this.wait();
  }

  wait() {
    this.node.disabled = this.spec.disabled || (this.form.waiting && !this.spec.always);
  }
}

class Pane {
  constructor(name, spec, form) {
    this.form = form;
    this.node = create("div", { className: `msgnb-pane msgnb-part-${name}` });
    this.node.addEventListener("click", (event) => this.clicked(event.target.closest("[data-press],[data-insert]")));
  }

  clicked(target) {
    if (!target) return;
    if (target.dataset.insert !== undefined) this.form.parts[target.dataset.into].insert(target.dataset.insert);
    else this.form.press(target.dataset.press, target.dataset.value);
  }

  update(spec) {
    const { node, spec: before = {} } = this;
    this.spec = spec;
    node.hidden = spec.shown === false || (!spec.html && !spec.role);
    if (spec.role) node.setAttribute("role", spec.role);
    if (spec.label) node.setAttribute("aria-label", spec.label);
    if (spec.scrolls) node.tabIndex = 0;
    if (before.html === spec.html) return;
    // Earlier messages are added above; what somebody reads stays where it is.
    const fromEnd = before.key === spec.key ? node.scrollHeight - node.scrollTop : 0;
    // Replacing the HTML removes the button that has the focus.
    const focused = node.contains(document.activeElement) ? document.activeElement.dataset : null;
    node.innerHTML = spec.html;
    if (spec.end) {
      // The pane has no height before it is laid out.
      requestAnimationFrame(() => (node.scrollTop = fromEnd ? node.scrollHeight - fromEnd : node.scrollHeight));
    }
    if (focused?.press) {
      const again = [...node.querySelectorAll("[data-press]")];
      again.find(({ dataset }) => dataset.press === focused.press && dataset.value === focused.value)?.focus();
    }
  }
}

class Status {
  constructor() {
    this.node = create("div", { className: "msgnb-status", role: "status" });
  }

  update(spec) {
    this.node.textContent = spec.words;
    this.node.dataset.state = spec.state;
  }
}

class Code {
  constructor() {
    this.code = create("pre");
    const copy = create("button", { type: "button", className: "msgnb-button msgnb-plain", textContent: "Copy" });
    copy.addEventListener("click", () => this.copy(copy));
    const head = create("summary", { textContent: "The same in Python" });
    this.node = create("details", { className: "msgnb-code" }, head, this.code, copy);
  }

  async copy(button) {
    // Without HTTPS browsers offer no clipboard; then the selection can be copied by hand.
    getSelection().selectAllChildren(this.code);
    try {
      await navigator.clipboard.writeText(this.code.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Selected: press Ctrl+C";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  }

  update(spec) {
    this.code.textContent = spec.code;
    this.node.hidden = !spec.code;
  }
}

const KINDS = { button: Button, pane: Pane, status: Status, code: Code };

class Form {
  constructor(model, el) {
    this.model = model;
    this.parts = {};
    this.waiting = false;
    this.view = Math.random().toString(36).slice(2);
    this.count = 0;
    this.uploads = Promise.resolve();
    this.title = create("strong");
    this.subtitle = create("span", { className: "msgnb-note" });
    const head = create("div", { className: "msgnb-head" }, this.title, this.subtitle);
    const view = model.get("view");
    for (const [name, spec] of Object.entries(view.parts)) {
      this.parts[name] = new (KINDS[spec.kind] || Field)(name, spec, this);
    }
    this.node = create("div", { className: "msgnb-form", role: "form" }, head, ...view.layout.map((each) => this.laid(each)));
    // The notebook's shortcuts, such as Shift+Enter, must not act on what is typed here.
    this.node.dataset.lmSuppressShortcuts = "true";
    this.node.addEventListener("keydown", (event) => event.stopPropagation());
    this.node.addEventListener("pointerdown", () => (this.held = true));
    this.freeing = new AbortController();
    const { signal } = this.freeing;
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => this.release(), { signal });
    // The button was released outside of the page.
    addEventListener("pointermove", ({ buttons }) => buttons || this.release(), { signal });
    el.append(this.node);
    this.update();
  }

  release() {
    // The browser sends the click right after this event.
    if (this.held) setTimeout(() => ((this.held = false), this.update()));
  }

  laid(layout, deep = 0) {
    if (typeof layout === "string") return this.parts[layout].node;
    const className = deep % 2 ? "msgnb-stack" : "msgnb-row";
    return create("div", { className }, ...layout.map((each) => this.laid(each, deep + 1)));
  }

  send(message, buffers = []) {
    this.model.send({ view: this.view, number: this.count++, message }, undefined, buffers);
  }

  enter() {
    const [name] = Object.entries(this.parts).find(([, part]) => part instanceof Button && part.spec.enter) || [];
    if (name) this.press(name);
  }

  async press(name, value) {
    const button = this.parts[name];
    if (button instanceof Button && button.node.disabled) return;
    for (const part of Object.values(this.parts)) if (part instanceof Field) part.report();
    if (button instanceof Button && !button.spec.always) this.wait(true);
    await this.uploads;
    this.send({ do: "press", name, ...(value === undefined ? {} : { value }) });
  }

  wait(waiting) {
    this.waiting = waiting;
    for (const part of Object.values(this.parts)) if (part instanceof Button && part.spec) part.wait();
  }

  update() {
    if (this.held) return;
    const view = this.model.get("view");
    this.title.textContent = view.title;
    this.subtitle.textContent = view.subtitle;
    this.node.setAttribute("aria-label", view.title);
    if (this.answered !== view.answered) this.waiting = false;
    this.answered = view.answered;
    for (const [name, spec] of Object.entries(view.parts)) this.parts[name].update(spec);
  }

  download({ name, type }, [content]) {
    const link = create("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
    link.click();
    // The browser may read the content some time after the click.
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}

export default {
  render({ model, el }) {
    const form = new Form(model, el);
    const changed = () => form.update();
    const received = (message, buffers) => message.do === "download" && form.download(message, buffers);
    model.on("change:view", changed);
    model.on("msg:custom", received);
    return () => {
      model.off("change:view", changed);
      model.off("msg:custom", received);
      form.freeing.abort();
    };
  },
};
