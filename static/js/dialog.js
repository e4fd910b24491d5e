// The one <dialog>: opens when htmx has filled it, closes on Cancel, Escape or a finished act.
"use strict";
(() => {
  const dialog = () => document.getElementById("dialog");
  let opener = null;

  const focusFirst = (box) => {
    const wanted = box.querySelector("[aria-invalid=true]") || box.querySelector("[autofocus]");
    const first = wanted || box.querySelector("input:not([type=hidden]), select, textarea");
    (first || box.querySelector("button[type=submit], button, a"))?.focus();
  };

  const openerOf = (source) => (source.matches("form") ? source.querySelector("button") : source);

  const close = () => {
    const box = dialog();
    if (box?.open) box.close();
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    const source = event.detail.requestConfig.elt;
    if (event.detail.target?.id === "dialog-body" && !dialog()?.open) {
      opener = openerOf(source);
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const box = dialog();
    if (!box) return;
    // The server may answer for another element than the one that was asked for (HX-Retarget).
    const { target, requestConfig } = event.detail;
    const asked = requestConfig?.target?.id;
    if (target.id === "main") return close();
    if (target.id !== "dialog-body") return asked === "dialog-body" ? close() : undefined;
    const body = document.getElementById("dialog-body");
    if (!box.contains(body)) return;
    if (!box.open && body.childElementCount) {
      if (asked !== "dialog-body") opener = openerOf(requestConfig.elt);
      box.showModal();
    }
    focusFirst(box);
  });

  // The region with the opener may have been replaced meanwhile: then its successor has its id.
  const giveFocusBack = () => {
    const home = (opener?.isConnected ? opener : null) || (opener?.id && document.getElementById(opener.id));
    (home || document.getElementById("main"))?.focus({ preventScroll: true });
    opener = null;
  };

  document.addEventListener("DOMContentLoaded", () => {
    dialog()?.addEventListener("close", () => {
      const body = document.getElementById("dialog-body");
      // A finished act whose answer stayed open: the page behind is brought up to date now.
      if ("refresh" in body.dataset) {
        const page = { target: "#main", select: "#main", swap: "outerHTML" };
        htmx.ajax("GET", location.pathname + location.search, page);
      }
      const empty = document.createElement("div");
      empty.id = "dialog-body";
      body.replaceWith(empty);
      giveFocusBack();
    });
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-dialog-close]");
    if (button && dialog()?.open) {
      event.preventDefault();
      close();
    }
  });
})();
