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

document.addEventListener("DOMContentLoaded", () => {
  // the mail beside the form follows what is typed: each time in a new frame, which leaves no trace in the history
  const form = document.querySelector("form[data-live]");
  const button = document.querySelector("[data-sample]");
  const frames = document.querySelector("[data-frames]");
  if (!form || !button || !frames) {
    return;
  }
  let waiting = 0;
  let count = 0;
  const update = () => {
    const old = frames.querySelector("iframe:not(.coming)");
    frames.querySelectorAll("iframe.coming").forEach((one) => one.remove());
    const next = old.cloneNode();
    next.removeAttribute("src");
    count += 1;
    next.name = `sample${count}`;
    next.classList.add("coming");
    frames.append(next);
    next.addEventListener("load", () => {
      if (next.isConnected && next.dataset.asked) {
        next.classList.remove("coming");
        old.remove();
      }
    });
    next.dataset.asked = "yes";
    button.formTarget = next.name;
    form.requestSubmit(button);
  };
  const soon = () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(update, 400);
  };
  form.addEventListener("input", soon);
  document.querySelectorAll("[data-sample-again]").forEach((one) => one.addEventListener("change", soon));
  button.addEventListener("click", (event) => {
    if (event.detail) {
      event.preventDefault();
      update();
    }
  });
});
