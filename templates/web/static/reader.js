// What makes the forms for readers handier; without it they work all the same.
"use strict";

// A form that is being looked at tells what it would bring: the part of a page that data-hx-post fetches. Answers
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
    if (here && ![...zone.options].some((option) => option.value === here)) {
      zone.add(new Option(here, here));
    }
    if (here && here !== zone.value) {
      zone.value = here;
      // what the page says of the next mail is said anew
      setTimeout(() => zone.dispatchEvent(new Event("change", { bubbles: true })), 0);
    }
  }

  // what a page does by itself with a script needs no button
  for (const button of document.querySelectorAll("button[data-plain]")) {
    button.hidden = true;
  }

  // what depends on a choice is asked for only where it matters: data-when="name=value value"
  for (const form of document.querySelectorAll("form")) {
    const show = () => {
      for (const part of form.querySelectorAll("[data-when]")) {
        const [name, values] = part.dataset.when.split("=");
        const chosen = form.querySelector(`input[name="${name}"]:checked`);
        part.hidden = chosen !== null && !values.split(" ").includes(chosen.value);
      }
    };
    form.addEventListener("change", show);
    show();
  }
});
