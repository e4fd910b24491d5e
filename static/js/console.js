// Copy buttons, toasts, local times.
"use strict";
(() => {
  const toasts = () => document.getElementById("toasts");

  const showToast = (content, kind) => {
    const box = document.createElement("div");
    box.className = `toast show toast-${kind}`;
    const body = document.createElement("div");
    body.className = "toast-body";
    body.append(...content);
    const close = document.createElement("button");
    close.className = "btn-close";
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => box.remove());
    box.append(body, close);
    toasts().append(box);
    // Shown anew, it lies above a dialog that was opened meanwhile.
    if (toasts().matches(":popover-open")) toasts().hidePopover();
    toasts().showPopover();
    let timer = setTimeout(() => box.remove(), 8000);
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

  const localTimes = () => {
    const two = (number) => String(number).padStart(2, "0");
    for (const time of document.querySelectorAll("time[data-local]")) {
      const at = new Date(time.dateTime);
      const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
      const text = `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
      if (time.textContent !== text) time.textContent = text;
    }
  };

  // A time one types is in one's own zone, the URL and the server have UTC.
  const localInputs = () => {
    for (const input of document.querySelectorAll("input[data-moment]:not([data-shown])")) {
      input.dataset.shown = "";
      if (!input.dataset.moment) continue;
      const at = new Date(input.dataset.moment);
      input.value = new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
    }
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
      button.setAttribute("aria-label", "Copied");
    } catch {
      button.setAttribute("aria-label", "The browser did not allow copying");
    }
    button.focus();
    setTimeout(() => {
      button.classList.remove("copied");
      button.setAttribute("aria-label", name);
    }, 1500);
  });

  document.addEventListener("DOMContentLoaded", () => {
    adoptNotices();
    localTimes();
    localInputs();
  });
  document.addEventListener("htmx:load", () => {
    adoptNotices();
    localTimes();
    localInputs();
  });

  // Filters that are not set stay out of the URL.
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.elt.matches("form.filters")) return;
    for (const [name, value] of [...event.detail.formData]) {
      if (value === "") event.detail.formData.delete(name);
      else if (event.detail.elt.elements[name]?.hasAttribute?.("data-moment")) {
        event.detail.formData.set(name, new Date(value).toISOString());
      }
    }
  });

  // A refusal is a page of its own; the page at hand shows its headline and its first words.
  document.addEventListener("htmx:responseError", (event) => {
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const words = ["#main h1", "#main p"].map((part) => page.querySelector(part)?.textContent.trim());
    showToast([words.filter(Boolean).join(". ") || "The server refused this."], "error");
  });
  for (const failure of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      // A live region tries again by itself.
      if (event.detail.elt?.dataset.poll) return;
      showToast(["The server cannot be reached. Nothing was changed; try again."], "error");
    });
  }
})();
