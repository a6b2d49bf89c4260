// What makes the desk handier; without it everything works all the same.
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  const field = document.querySelector('input[name="csrf"]');
  if (field && event.detail.verb !== "get") {
    event.detail.parameters.csrf = field.value;
  }
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) {
    event.preventDefault();
  }
});

document.addEventListener("DOMContentLoaded", () => {
  // the menu is open beside the page where there is room, and folds above it where there is none
  const wide = window.matchMedia("(min-width: 60rem)");
  for (const menu of document.querySelectorAll("[data-menu]")) {
    const fit = () => { menu.open = wide.matches; };
    wide.addEventListener("change", fit);
    fit();
  }
});
