// Copy buttons, toasts, times that are typed, the open tab in view.
"use strict";
(() => {
  const toasts = () => document.getElementById("toasts");
  // The words are on <body>, in the language of the page.
  const word = (name) => document.body.dataset[`word${name}`];

  const showToast = (content, kind) => {
    const box = document.createElement("div");
    box.className = `toast show toast-${kind}`;
    const body = document.createElement("div");
    body.className = "toast-body";
    body.append(...content);
    const close = document.createElement("button");
    close.className = "btn-close";
    close.type = "button";
    close.setAttribute("aria-label", word("Close"));
    close.addEventListener("click", () => box.remove());
    box.append(body, close);
    toasts().append(box);
    // Shown anew, it lies above a dialog that was opened meanwhile.
    if (toasts().matches(":popover-open")) toasts().hidePopover();
    toasts().showPopover();
    // Whoever regrets needs time to notice; once taken back, there is nothing to take back.
    let timer = setTimeout(() => box.remove(), box.querySelector("form") ? 15000 : 8000);
    box.addEventListener("htmx:afterRequest", () => box.remove());
    box.addEventListener("pointerenter", () => clearTimeout(timer));
    box.addEventListener("focusin", () => clearTimeout(timer));
    box.addEventListener("pointerleave", () => (timer = setTimeout(() => box.remove(), 3000)));
  };

  // What the server says in the page becomes a toast; without scripts it stays a notice.
  const adoptNotices = () => {
    for (const notice of document.querySelectorAll("[data-toast]")) {
      showToast([...notice.childNodes], notice.classList.contains("notice-error") ? "error" : "done");
      notice.remove();
    }
  };

  // What the clock shows in a zone at some moment, as if it were UTC; the Swedish write ISO 8601.
  const wallClock = (at, zone) => {
    const shown = new Date(at).toLocaleString("sv-SE", { timeZone: zone });
    return Date.parse(`${shown.replace(" ", "T")}Z`);
  };
  // A time one types is in the operator's zone. The URL has UTC, which is the same for everybody.
  const toUtc = (typed, zone) => {
    const wall = Date.parse(`${typed}Z`);
    const guess = 2 * wall - wallClock(wall, zone);
    return new Date(wall + guess - wallClock(guess, zone)).toISOString();
  };

  // The clipboard API exists in secure contexts only; a console on a plain LAN address has none.
  const copyText = async (text) => {
    if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    // Inside an open modal dialog nothing outside of it can be selected.
    (document.querySelector("dialog[open]") || document.body).append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    if (!copied) throw new Error("copy refused");
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
    const name = button.getAttribute("aria-label") || button.textContent;
    try {
      await copyText(source ? source.textContent : button.dataset.copy);
      button.classList.add("copied");
      button.setAttribute("aria-label", word("Copied"));
    } catch {
      button.setAttribute("aria-label", word("CopyRefused"));
    }
    button.focus();
    setTimeout(() => {
      button.classList.remove("copied");
      button.setAttribute("aria-label", name);
    }, 1500);
  });

  document.addEventListener("DOMContentLoaded", () => {
    adoptNotices();
  });
  document.addEventListener("htmx:load", (event) => {
    adoptNotices();
    // The tabs may be wider than the page; the one that is open is in view.
    for (const tab of event.detail.elt.querySelectorAll(".tabs [aria-current]")) {
      const tabs = tab.parentElement;
      tabs.scrollLeft += tab.getBoundingClientRect().right - tabs.getBoundingClientRect().right + 32;
    }
  });

  // Filters that are not set stay out of the URL; moments go there in UTC.
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, formData } = event.detail;
    if (!elt.matches("form")) return;
    for (const [name, value] of [...formData]) {
      if (value === "" && elt.matches(".filters")) formData.delete(name);
      else if (value && elt.elements[name]?.hasAttribute?.("data-moment")) {
        formData.set(name, toUtc(value, document.body.dataset.zone));
      }
    }
  });

  // A refusal is a page of its own; the page at hand shows its headline and its first words.
  document.addEventListener("htmx:responseError", (event) => {
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const words = ["#main h1", "#main p"].map((part) => page.querySelector(part)?.textContent.trim());
    showToast([words.filter(Boolean).join(". ") || word("Refused")], "error");
  });
  for (const failure of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      // A live region tries again by itself.
      if (event.detail.elt?.dataset.poll) return;
      showToast([word("Unreachable")], "error");
    });
  }
})();
