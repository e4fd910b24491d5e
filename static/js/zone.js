// Tells the server the browser's time zone, for operators who have not chosen one in Settings. The
// sign-in page does so, too: pages after it show the right times at once. Only a page that was made
// for another zone (one has travelled, or the cookie was lost) is asked for again, and only once.
"use strict";
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const told = () => document.cookie.split("; ").includes(`time_zone=${zone}`);
  if (!zone || told()) return;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `time_zone=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
  const { dataset } = document.body;
  if (!("zoneTold" in dataset) || dataset.zone === zone || !told()) return;
  addEventListener("load", () => location.reload());
})();
