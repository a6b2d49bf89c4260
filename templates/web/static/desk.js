// What makes the desk handier; without it everything works all the same.
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  const field = document.querySelector('input[name="csrf"]');
  if (field && event.detail.verb !== "get") {
    event.detail.parameters.csrf = field.value;
  }
});

document.addEventListener("htmx:responseError", (event) => {
  // a refusal has a page of its own: the form is sent as without scripts, and the browser shows that
  if (event.detail.elt instanceof HTMLFormElement) {
    event.detail.elt.submit();
  }
});

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.ask ?? event.target.dataset.ask;
  if (question && !window.confirm(question)) {
    event.preventDefault();
  }
});

document.addEventListener("focusin", (event) => {
  // what is there to be copied is chosen as a whole
  if (event.target.matches("[data-whole]")) {
    event.target.select();
  }
});

document.addEventListener("DOMContentLoaded", () => {
  // browsers hand the clipboard to pages that came by https alone; elsewhere there is no button
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
      button.removeAttribute("aria-label");
      button.textContent = "Copied";
    });
  }
});

document.addEventListener("input", (event) => {
  // who fills in what belongs to a choice means that choice
  const [name, values] = (event.target.closest("[data-means]")?.dataset.means ?? "").split("=");
  const field = event.target;
  if (name && (field.type === "checkbox" ? field.checked : field.value)) {
    const choices = values.split(" ").map((value) => field.form.querySelector(`[name="${name}"][value="${value}"]`));
    if (!choices.some((one) => one.checked)) {
      choices[0].checked = true;
    }
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

document.addEventListener("DOMContentLoaded", () => {
  // rows of a list whose order counts are dragged; the buttons beside them do the same
  const list = document.querySelector("[data-order]");
  const form = document.querySelector("[data-order-form]");
  if (!list || !form) {
    return;
  }
  let dragged = null;
  let before = "";
  const order = () => [...list.querySelectorAll("[data-slug]")].map((row) => row.dataset.slug);
  for (const row of list.querySelectorAll("[data-slug]")) {
    row.draggable = true;
    row.addEventListener("dragstart", (event) => {
      dragged = row;
      before = order().join();
      row.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
    });
    row.addEventListener("dragover", (event) => {
      event.preventDefault();
      if (dragged && dragged !== row) {
        const middle = row.getBoundingClientRect().top + row.offsetHeight / 2;
        list.insertBefore(dragged, event.clientY < middle ? row : row.nextSibling);
      }
    });
    row.addEventListener("drop", (event) => event.preventDefault());
    row.addEventListener("dragend", () => {
      row.classList.remove("dragged");
      dragged = null;
      if (order().join() === before) {
        return;
      }
      for (const slug of order()) {
        const field = document.createElement("input");
        field.type = "hidden";
        field.name = "slug";
        field.value = slug;
        form.append(field);
      }
      form.submit();
    });
  }
});

document.addEventListener("DOMContentLoaded", () => {
  // a file that is dropped on a form goes into its field for one
  const form = document.querySelector("form[data-drop]");
  const field = form && form.querySelector('input[type="file"]');
  if (!field) {
    return;
  }
  form.addEventListener("dragover", (event) => {
    if ([...event.dataTransfer.types].includes("Files")) {
      event.preventDefault();
      form.classList.add("awaiting");
    }
  });
  form.addEventListener("dragleave", () => form.classList.remove("awaiting"));
  form.addEventListener("drop", (event) => {
    form.classList.remove("awaiting");
    if (event.dataTransfer.files.length) {
      event.preventDefault();
      field.files = event.dataTransfer.files;
      form.requestSubmit();
    }
  });
});

document.addEventListener("DOMContentLoaded", () => {
  // parts of a page that the server sends anew while something runs; without it they stay as they were
  for (const place of document.querySelectorAll("[data-live][data-event]")) {
    const events = new EventSource(place.dataset.live);
    events.addEventListener(place.dataset.event, (event) => { place.innerHTML = event.data; });
    window.addEventListener("pagehide", () => events.close());
  }
});
