// The calendar: draws what the server says, asks again every ten seconds, books and moves in a dialog.
(() => {
  "use strict";

  const POLL_MS = 10_000;
  const ICONS = {
    booked: "calendar",
    confirmed: "calendar-check",
    arrived: "door-open",
    in_consultation: "clipboard2-pulse",
    completed: "check2-circle",
    no_show: "person-x",
  };

  const TABLE_PARTS = ["table", "rowgroup", "row", "cell", "columnheader"].map((role) => `[role="${role}"]`).join();

  const element = document.getElementById("calendar");
  if (!element) return;

  const words = element.dataset;
  const dialog = document.getElementById("page-dialog");
  const place = document.getElementById("dialog-page");
  const stale = document.querySelector("[data-calendar-stale]");
  const empty = document.querySelector("[data-calendar-empty]");
  const count = document.querySelector("[data-calendar-count]");
  const isNarrow = window.matchMedia("(width < 768px)").matches;
  const isOneDoctor = Boolean(words.isOneDoctor);
  const isDay = words.view === "day";

  let version = "";
  let shown = [];
  let dropped = null; // an appointment that was dropped and is not moved yet
  let timer = null;

  const VIEWS = {
    day: "resourceTimeGridDay",
    week: isNarrow ? "listWeek" : "timeGridWeek",
    month: isNarrow ? "listMonth" : "dayGridMonth",
  };

  const minutes = (number) => ({ minutes: number });
  const pad = (number) => String(number).padStart(2, "0");
  const clock = (date) => `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const day = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const reading = (date) => `${day(date)}T${clock(date)}`;

  // In a month the columns are days of the week, in a week they are days.
  function heading(date) {
    const weekday = date.toLocaleDateString(document.documentElement.lang, { weekday: "short" });
    return words.view === "month" ? weekday : `${weekday} ${date.getDate()}`;
  }

  function toast(text, level) {
    document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));
  }

  function node(tag, className, text = "") {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function icon(name) {
    const made = node("i", `bi bi-${name}`);
    made.ariaHidden = "true";
    return made;
  }

  function draw({ event }) {
    const { kind, status, words: about, doctor, isUrgent } = event.extendedProps;
    if (kind === "count") {
      const line = node("span", "calendar-line");
      const number = node("span", "calendar-number", event.extendedProps.number);
      number.ariaHidden = "true";
      line.append(node("span", "calendar-who", event.title), number, node("span", "visually-hidden", about));
      return { domNodes: [line] };
    }
    if (kind === "absence") return { domNodes: [node("span", "calendar-away", words.textAway)] };
    if (kind !== "appointment") return "";
    const line = node("span", "calendar-line");
    line.append(node("time", "", clock(event.start)), icon(ICONS[status] ?? "calendar"));
    if (isUrgent) line.append(icon("lightning-fill"), node("span", "visually-hidden", words.textUrgent));
    line.append(node("span", "calendar-who", event.title));
    // A quarter of an hour has room for one line; the other is still read out.
    const small = node("small", isShort(event) ? "visually-hidden" : "");
    // In a day of all doctors the column says whose it is, to those who see columns.
    small.append(about, node("span", isDay || isOneDoctor ? "visually-hidden" : "", ` · ${doctor}`));
    return { domNodes: [line, small] };
  }

  function describe({ el, event }) {
    el.dataset.id = event.id;
    if (event.extendedProps.kind === "free") el.ariaHidden = "true";
  }

  // The library calls its boxes a table, but there are buttons where its rows would be.
  function unmakeTable() {
    for (const part of element.querySelectorAll(TABLE_PARTS)) {
      for (const name of ["role", "aria-colindex", "aria-rowindex"]) part.removeAttribute(name);
    }
  }

  function isShort(event) {
    return /timegrid/i.test(VIEWS[words.view]) && event.end - event.start < 30 * 60_000;
  }

  function classes({ event }) {
    const { kind, status } = event.extendedProps;
    return kind === "appointment" ? [`is-${status}`] : [`calendar-${kind}-time`];
  }

  // --- The dialog -------------------------------------------------------------------------------

  function open(address) {
    window.htmx.ajax("GET", address, { target: place, swap: "innerHTML" });
  }

  function addressOf(path, values) {
    const address = new URL(path, window.location.href);
    for (const [name, value] of Object.entries(values)) if (value) address.searchParams.set(name, value);
    return `${address.pathname}${address.search}`;
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== place) return;
    const { xhr } = event.detail;
    if (xhr.status >= 400 && xhr.status !== 422) forgetDrop();
    else if (xhr.status !== 204 && !xhr.responseText.includes("data-dialog-page")) {
      // A page that is no dialog's, such as the way in after the session has ended.
      event.preventDefault();
      window.location.assign(xhr.responseURL);
    }
  });

  // Once its forms are htmx's: a key that is pressed at once must not leave the page.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== place) return;
    if (!dialog.open) dialog.showModal();
    // What was refused stands in the dialog; the appointment is where it was.
    if (event.detail.xhr.status === 422) forgetDrop();
  });

  document.addEventListener("dialog-done", () => {
    dropped = null;
    dialog.close();
    ask();
  });

  dialog.addEventListener("close", () => {
    place.replaceChildren();
    forgetDrop();
  });

  function forgetDrop() {
    const drop = dropped;
    dropped = null;
    drop?.revert();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-open-in-dialog]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link.getAttribute("href"));
  });

  // --- Keys -------------------------------------------------------------------------------------

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    target.click();
  });

  // From the search to who was found, from there to the free times, with Enter alone. Where the
  // time is known already, Enter books.
  place.addEventListener("keydown", (event) => {
    const { key, target } = event;
    let next = null;
    // In a search with words the browser's own Escape only takes the words away.
    if (key === "Escape") dialog.close();
    else if (target.matches('[name="q"]') && ["Enter", "ArrowDown"].includes(key)) {
      event.preventDefault();
      next = place.querySelector('#patient-options input[type="radio"]');
      if (next) next.checked = true;
    } else if (target.matches('[name="patient"]') && key === "Enter" && !target.form.elements.starts_at.value) {
      event.preventDefault();
      next = place.querySelector('button[name="slot"]');
    }
    next?.focus();
  });

  // --- Booking and moving -----------------------------------------------------------------------

  function isFree(moment, doctor) {
    return shown.some(
      ({ start, end, resourceIds, extendedProps }) =>
        extendedProps.kind === "free" &&
        (!doctor || resourceIds.includes(doctor)) &&
        start <= moment &&
        moment < end,
    );
  }

  function press({ date, allDay, resource }) {
    if (allDay) {
      window.location.assign(addressOf(words.dayUrl, { date: day(date) }));
      return;
    }
    if (!words.bookUrl) return;
    const moment = reading(date);
    const columns = JSON.parse(words.columns);
    const doctor = resource?.id ?? (columns.length === 1 ? columns[0].id : "");
    // Before the first answer nothing is known to be taken: the dialog says what is free.
    if (!version || isFree(moment, doctor)) open(addressOf(words.bookUrl, { doctor, start: moment }));
    else toast(words.textNotFree, "warning");
  }

  function drop(info) {
    dropped = info;
    const doctor = info.newResource?.id ?? info.event.resourceIds[0];
    open(addressOf(info.event.extendedProps.moveUrl, { doctor, starts_at: reading(info.event.start) }));
  }

  // --- What the server says ---------------------------------------------------------------------

  async function ask() {
    clearTimeout(timer);
    timer = setTimeout(ask, POLL_MS);
    // Nothing is taken out of a hand that is moving it.
    if (document.hidden || dropped || element.querySelector(".ec-preview")) return;
    try {
      const headers = { "X-Without-Click": "true", ...(version && { "If-None-Match": version }) };
      const response = await fetch(words.feed, { headers, cache: "no-store", redirect: "manual" });
      const isSignedOut = response.type === "opaqueredirect";
      // What is typed in the dialog keeps the page here until the same person is back.
      if (isSignedOut && !document.dispatchEvent(new CustomEvent("signedout", { cancelable: true }))) return;
      if (isSignedOut || response.status === 403) window.location.reload();
      else if (response.status !== 304) {
        if (!response.ok) throw new Error(`The calendar answered ${response.status}.`);
        version = response.headers.get("ETag");
        show((await response.json()).events);
      }
      stale.hidden = true;
    } catch {
      stale.hidden = false;
    }
  }

  // The day begins with a whole hour, so that the labels next to it are whole hours.
  function firstHour(events) {
    const planned = events.filter((event) => event.extendedProps.kind !== "absence");
    const first = Math.min(9, ...planned.map((event) => Number(event.start.slice(11, 13))));
    return `${String(first).padStart(2, "0")}:00`;
  }

  function show(events) {
    shown = events;
    const focused = document.activeElement?.closest(".ec-event")?.dataset.id;
    calendar.setOption("slotMinTime", firstHour(events));
    calendar.setOption("events", events);
    count.textContent = events
      .filter((event) => ["appointment", "count"].includes(event.extendedProps.kind))
      .reduce((sum, event) => sum + (event.extendedProps.number ?? 1), 0);
    empty.hidden = events.length > 0;
    if (focused) requestAnimationFrame(() => element.querySelector(`[data-id="${focused}"]`)?.focus());
  }

  const calendar = window.EventCalendar.create(element, {
    view: VIEWS[words.view],
    date: words.date,
    timeZone: words.clockOffset,
    resources: JSON.parse(words.columns),
    events: [],
    locale: document.documentElement.lang,
    firstDay: 1,
    headerToolbar: { start: "", center: "", end: "" },
    allDaySlot: false,
    slotDuration: minutes(Number(words.slotMinutes)),
    slotLabelInterval: minutes(60),
    slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
    slotHeight: 28,
    dayHeaderFormat: heading,
    height: isNarrow ? undefined : "max(480px, calc(100dvh - 250px))",
    slotMinTime: "09:00",
    slotMaxTime: "17:00",
    flexibleSlotTimeLimits: { eventFilter: (event) => event.extendedProps.kind !== "absence" },
    scrollTime: words.scrollTime,
    slotEventOverlap: false,
    columnWidth: isNarrow ? "calc(100cqi - 72px)" : isDay ? "minmax(160px, 1fr)" : undefined,
    listDayFormat: { weekday: "long" },
    listDaySideFormat: { day: "numeric", month: "long" },
    // Some doctors' counts fit into a day; single visits and a large clinic's counts do not.
    dayMaxEvents: isOneDoctor || JSON.parse(words.columns).length > 6,
    moreLinkContent: ({ num }) => `+${num} ${words.textMore}`,
    noEventsContent: words.textNothing,
    buttonText: (text) => ({ ...text, close: words.textClose }),
    nowIndicator: true,
    editable: true,
    eventStartEditable: false,
    eventDurationEditable: false,
    eventContent: draw,
    eventClassNames: classes,
    eventDidMount: describe,
    eventAllUpdated: unmakeTable,
    eventClick: ({ event: { extendedProps } }) =>
      extendedProps.kind === "count" ? window.location.assign(extendedProps.url) : open(extendedProps.url),
    eventDrop: drop,
    dateClick: press,
  });

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask();
  });
  unmakeTable();
  ask();
})();
