/* Excerpts for search results come from the words of all pages, so that a page opened from a folder fetches nothing. */
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  if (typeof Search !== "object" || !window.COURSE_WORDS) return;
  const fetched = window.fetch;
  window.fetch = (address, ...rest) => {
    const path = decodeURIComponent(new URL(address, location.href).pathname);
    const page = Object.keys(COURSE_WORDS).find((name) => path.endsWith(`/${name}`));
    return page ? Promise.resolve(new Response(COURSE_WORDS[page])) : fetched(address, ...rest);
  };
  Search.htmlToText = (words) => words;
});
