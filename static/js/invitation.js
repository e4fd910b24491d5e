// The code of an invitation stands behind the #, which no server sees: it is put into the form.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const field = document.querySelector("[data-invitation-code]");
  if (!field || location.hash.length < 2 || field.value) return;
  field.value = decodeURIComponent(location.hash.slice(1));
  // Not in the history, where the next user of this browser would find it.
  history.replaceState(null, "", location.pathname);
  document.querySelector("[name=name]")?.focus();
});
