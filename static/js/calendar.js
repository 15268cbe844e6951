// The calendar: draws the server's events, polls every ten seconds, books and moves in a dialog.
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
  let isPlaced = false; // whether the page has been scrolled to where its day should open
  let shown = [];
  let dropped = null; // an appointment that was dropped but not yet moved
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

  // The columns of a month are days of the week, those of a week are dates.
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

  // A name that is too long loses its end, whichever side that is on.
  function who(name) {
    const made = node("span", "calendar-who", name);
    made.dir = "auto";
    return made;
  }

  function icon(name) {
    const made = node("i", `bi bi-${name}`);
    made.ariaHidden = "true";
    return made;
  }

  function draw({ event }) {
    const { kind, status, words: about, doctor, isUrgent, isOverbooked } = event.extendedProps;
    if (kind === "count") {
      const line = node("span", "calendar-line");
      const number = node("span", "calendar-number", event.extendedProps.number);
      number.ariaHidden = "true";
      line.append(who(event.title), number, node("span", "visually-hidden", about));
      return { domNodes: [line] };
    }
    if (kind === "absence") return { domNodes: [node("span", "calendar-away", words.textAway)] };
    if (kind !== "appointment") return "";
    const line = node("span", "calendar-line");
    line.append(node("time", "", clock(event.start)), icon(ICONS[status] ?? "calendar"));
    if (isUrgent) line.append(icon("lightning-fill"), node("span", "visually-hidden", words.textUrgent));
    if (isOverbooked) line.append(icon("layers"), node("span", "visually-hidden", words.textOverbooked));
    line.append(who(event.title));
    // A quarter of an hour has room for one line; screen readers still read the other.
    const small = node("small", isShort(event) ? "visually-hidden" : "");
    // In the day view the column shows the doctor, but only to people who can see it.
    small.append(about, node("span", isDay || isOneDoctor ? "visually-hidden" : "", ` · ${doctor}`));
    return { domNodes: [line, small] };
  }

  function describe({ el, event }) {
    el.dataset.id = event.id;
    if (event.extendedProps.kind === "free") el.ariaHidden = "true";
  }

  // The library gives its boxes the roles of a table, but they contain buttons instead of rows.
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
      // A page that is not meant for the dialog, such as the sign-in page after the session has ended.
      event.preventDefault();
      window.location.assign(xhr.responseURL);
    }
  });

  // Open the dialog only after htmx has taken over its forms, or a quick key press would leave the page.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== place) return;
    if (!dialog.open) dialog.showModal();
    // The dialog shows why the move was refused; the appointment goes back to its place.
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

  // Enter alone leads from the search to the patients found, and from there to the free times. If
  // the time is already known, Enter books.
  place.addEventListener("keydown", (event) => {
    const { key, target } = event;
    let next = null;
    // In a search field with text, the browser's own Escape would only clear the text.
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
    // Before the first response the free times are unknown, so the dialog shows them.
    if (!version || isFree(moment, doctor)) open(addressOf(words.bookUrl, { doctor, start: moment }));
    else toast(words.textNotFree, "warning");
  }

  function drop(info) {
    dropped = info;
    const doctor = info.newResource?.id ?? info.event.resourceIds[0];
    open(addressOf(info.event.extendedProps.moveUrl, { doctor, starts_at: reading(info.event.start) }));
  }

  // --- The server's events ----------------------------------------------------------------------

  async function ask() {
    clearTimeout(timer);
    timer = setTimeout(ask, POLL_MS);
    // Do not redraw while somebody is dragging an appointment.
    if (document.hidden || dropped || element.querySelector(".ec-preview")) return;
    try {
      const headers = { "X-Without-Click": "true", ...(version && { "If-None-Match": version }) };
      const response = await fetch(words.feed, { headers, cache: "no-store", redirect: "manual" });
      const isSignedOut = response.type === "opaqueredirect";
      // Unsent text in the dialog keeps the page open until the same person has signed in again.
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

  const isPlanned = ({ extendedProps }) => extendedProps.kind !== "absence";
  const hourOf = ({ start }) => Number(start.slice(11, 13));

  // The day starts on the hour, so that its labels are whole hours.
  function firstHour(events) {
    const first = Math.min(9, ...events.filter(isPlanned).map(hourOf));
    return `${String(first).padStart(2, "0")}:00`;
  }

  // The library scrolls once, before it knows when the day begins and how long it is. The hour
  // before now is shown, but nobody opens the calendar for the empty time after the last visit.
  function putInPlace() {
    isPlaced = true;
    const grid = element.querySelector(".ec-main");
    const labels = [...element.querySelectorAll(".ec-slot")];
    const ends = shown.filter(isPlanned).map(({ end }) => Number(end.slice(11, 13)) - 1);
    const hour = Math.min(Number(words.scrollTime.slice(0, 2)), ends.length ? Math.max(...ends) : 24);
    const label = labels.find((slot) => slot.textContent.trim() === `${pad(hour)}:00`);
    if (!grid || !labels.length) return;
    const head = element.querySelector(".ec-header")?.offsetHeight ?? 0;
    grid.scrollTop += label ? label.getBoundingClientRect().top - grid.getBoundingClientRect().top - head : -grid.scrollTop;
  }

  function show(events) {
    shown = events;
    const focused = document.activeElement?.closest(".ec-event")?.dataset.id;
    calendar.setOption("slotMinTime", firstHour(events));
    calendar.setOption("events", events);
    if (!isPlaced) requestAnimationFrame(putInPlace);
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
    // The counts of a few doctors fit into a day's box; single visits or the counts of many doctors do not.
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
