// What makes the forms for readers handier; without it they work all the same.
"use strict";

// A form that is being looked at tells what it would bring: the part of a page that hx-post fetches. Answers
// other than 2xx show what is wrong with the form, so they are shown too.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

document.addEventListener("DOMContentLoaded", () => {
  // the browser knows its time zone; who chose one already keeps it
  for (const zone of document.querySelectorAll("select[data-guess]")) {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if ([...zone.options].some((option) => option.value === here)) {
      zone.value = here;
    }
  }

  // days and a time are asked for only where they matter
  for (const form of document.querySelectorAll("form[data-rhythm]")) {
    const show = () => {
      const rhythm = form.querySelector("input[name=rhythm]:checked");
      for (const part of form.querySelectorAll("[data-for]")) {
        part.hidden = rhythm !== null && !part.dataset.for.split(" ").includes(rhythm.value);
      }
    };
    form.addEventListener("change", show);
    show();
  }
});
