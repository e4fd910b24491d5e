// The search in the top bar: Ctrl-K or / leads there, arrows choose, Enter goes, Escape closes.
"use strict";
(() => {
  const box = () => document.querySelector("[data-search]");
  const panel = () => document.getElementById("palette");
  const options = () => [...panel().querySelectorAll("a[role=option]")];
  const chosen = () => panel().querySelector("[aria-selected=true]");

  const choose = (option) => {
    chosen()?.removeAttribute("aria-selected");
    box().removeAttribute("aria-activedescendant");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    box().setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };

  const show = (open) => {
    panel().hidden = !open;
    box().setAttribute("aria-expanded", String(open));
    if (!open) choose(null);
  };

  const step = (by) => {
    const all = options();
    if (all.length) choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
  };

  const keys = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Escape: () => show(false),
    Enter: () => chosen()?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (!box()) return;
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    const wanted = (event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing);
    if (wanted && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      box().focus();
      box().select();
    } else if (event.target === box() && keys[event.key] && !panel().hidden && !event.isComposing) {
      // Enter with nothing chosen yet asks the server, as without scripts.
      if (event.key === "Enter" && !chosen()) return;
      event.preventDefault();
      keys[event.key]();
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== panel() || document.activeElement !== box()) return;
    show(true);
    choose(options()[0]);
  });

  // What is shown belongs to what was typed: until the answer is here nothing is chosen.
  document.addEventListener("input", (event) => event.target === box() && choose(null));
  document.addEventListener("focusout", (event) => event.target === box() && show(false));
  document.addEventListener("pointerdown", (event) => {
    // The box keeps the focus while something is clicked in the panel.
    if (panel()?.contains(event.target)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (panel()?.contains(event.target) && event.target.closest("a")) show(false);
  });
})();
