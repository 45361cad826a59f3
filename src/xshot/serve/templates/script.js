"use strict";

const $ = (id) => document.getElementById(id);
const NAMES = { model: "Model", clip: "Raw CLIP", suggested: "Is it one? Tick those that are, then ask for more" };
const WAIT_MS = 200;
const RETRIES = 5;
const WELCOME = $("welcome");

// What is asked: an image, or else the text in the box. `findChosen`: the user has said what to match.
// `shown`: rows suggested as examples so far: those that were not ticked are none.
const state = { image: null, findChosen: false, chosen: new Map(), shown: new Set(), added: new Set(), running: null, timer: 0, naming: false };

// The page may lie under any path, as behind a proxy, and that with or without a slash at its end.
const BASE = new URL(location.pathname.endsWith("/") ? "./" : `${location.pathname.split("/").pop()}/`, location.href);
const api = (path) => new URL(`api/${path}`, BASE).href;

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const checked = (name) => document.querySelector(`input[name=${name}]:checked`)?.value;

function complain(message) {
  $("problem").textContent = message;
  $("problem").hidden = !message;
}

function fail(error) {
  complain(error instanceof TypeError ? "The server does not answer; is it still running?" : error.message);
}

// A 503 says when to come again; anything else that is not fine carries one line of explanation. What is no
// JSON is not the server's: a proxy's refusal, or its page to log in.
async function request(url, options) {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(url, options);
    const own = response.headers.get("content-type")?.includes("json");
    if (response.ok && own) return response;
    if (response.status === 503 && attempt < RETRIES) {
      const seconds = Number(response.headers.get("retry-after")) || 1;
      $("status").textContent = "Waiting for a free place…";
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
      options.signal?.throwIfAborted();
      continue;
    }
    if (own) throw new Error((await response.json()).error);
    throw new Error(response.status === 413
      ? "too large for a proxy in front of the server; choose a smaller image, or raise the proxy's limit"
      : `a proxy in front of the server answered in its place (${response.status}); load the page anew, and log in if it asks`);
  }
}

async function* lines(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) yield JSON.parse(part);
  }
}

function ask(signal) {
  const system = checked("system");
  const find = checked("find") ?? null;
  if (state.image) {
    const query = new URLSearchParams({ system, ...(find && { find }) });
    return request(api(`search/image?${query}`), { method: "POST", body: state.image, signal });
  }
  const body = JSON.stringify({ text: $("text").value.trim(), system, find });
  return request(api("search"), { method: "POST", body, signal, headers: { "content-type": "application/json" } });
}

async function search() {
  clearTimeout(state.timer);
  state.running?.abort();
  complain("");
  if (!state.image && !$("text").value.trim()) {
    $("results").classList.remove("pair");
    $("results").replaceChildren(WELCOME);
    $("status").textContent = "";
    return;
  }
  const running = (state.running = new AbortController());
  const start = performance.now();
  $("status").textContent = "Searching…";
  try {
    const response = await ask(running.signal);
    const results = $("results");
    const old = [...results.children];
    results.classList.toggle("pair", checked("system") === "both");
    let count = 0;
    for await (const { system, hits } of lines(response)) {
      if (running.signal.aborted) return;
      if (!count) old.forEach((element) => element.remove());
      results.append(answer(system, hits));
      count += hits.length;
    }
    $("status").textContent = `${count} results in ${Math.round(performance.now() - start)} ms`;
  } catch (error) {
    if (running.signal.aborted) return;
    $("status").textContent = "";
    fail(error);
  }
}

function answer(system, hits) {
  const id = `answer-${system}`;
  const list = make("ol", { className: "hits" }, ...hits.map((hit) => card(hit, system)));
  const section = make("section", { className: "answer" }, make("h2", { id, textContent: NAMES[system] }), list);
  section.setAttribute("aria-labelledby", id);
  return section;
}

// A name in its own direction of writing, whatever stands beside it.
function called(name) {
  return make("bdi", { textContent: name });
}

function card(hit, system) {
  const image = make("img", { src: api(`pictures/${hit.row}`), alt: hit.text || hit.image, loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(hit.image), { once: true });
  const isNew = state.added.has(hit.guess);
  const parts = [make("span", { className: "frame" }, image)];
  parts.push(make("span", { className: "line" },
    make("span", { className: "labels", title: hit.labels.join(", ") }, ...hit.labels.flatMap((name, place) => (place ? [", ", called(name)] : [called(name)]))),
    make("span", { className: "score", textContent: hit.score.toFixed(3), title: "inner product with the query" })));
  if (hit.guess && (isNew || !hit.labels.length || !hit.labels.includes(hit.guess))) {
    const percent = Math.round(100 * hit.confidence);
    parts.push(make("span", { className: isNew ? "guess new" : "guess", title: hit.guess }, "seen as ", called(hit.guess), `, ${percent}%`));
  }
  if (hit.text) parts.push(make("span", { className: "caption", dir: "auto", textContent: hit.text }));
  const label = make("label", {}, ...parts);
  const item = make("li", { className: "hit" }, label);
  if ($("teach")) {
    const box = make("input", { type: "checkbox", id: `${system}-${hit.row}`, checked: state.chosen.has(hit.row) });
    box.setAttribute("aria-label", `Example for a new class: ${hit.text || hit.image}`);
    box.dataset.row = hit.row;
    box.addEventListener("change", () => choose(hit.row, box.checked));
    label.htmlFor = box.id;
    item.classList.add("choosable");
    item.append(box);
  }
  return item;
}

// New classes

function choose(row, on) {
  if (on) state.chosen.set(row, true);
  else state.chosen.delete(row);
  for (const box of document.querySelectorAll(`input[data-row="${row}"]`)) box.checked = on;
  showTeach();
}

function showTeach() {
  const count = state.chosen.size + (state.image ? 1 : 0);
  $("teach").hidden = count === 0 && !state.shown.size && !state.naming;
  const own = state.image ? (count === 1 ? ", the image that asks," : " with the image that asks") : "";
  $("examples").textContent = `${count} ${count === 1 ? "example" : "examples"}${own} of`;
}

async function addClass(event) {
  event.preventDefault();
  complain("");
  const form = new FormData();
  form.append("name", $("name").value);
  for (const row of state.chosen.keys()) form.append("rows", row);
  if (state.image) form.append("images", state.image);
  try {
    showClasses(await (await request(api("classes"), { method: "POST", body: form })).json());
    $("name").value = "";
    clearChoice();
    await search();
    $("text").focus();
  } catch (error) {
    fail(error);
  }
}

// Rows that were shown and not ticked were refused.
async function suggestExamples() {
  complain("");
  const confirmed = [...state.chosen.keys()];
  const refused = [...state.shown].filter((row) => !state.chosen.has(row));
  try {
    const body = JSON.stringify({ name: $("name").value, confirmed, refused });
    const options = { method: "POST", body, headers: { "content-type": "application/json" } };
    const { hits } = await (await request(api("suggestions"), options)).json();
    for (const hit of hits) state.shown.add(hit.row);
    $("results").classList.remove("pair");
    $("results").replaceChildren(answer("suggested", hits));
    $("status").textContent = hits.length ? `${hits.length} suggestions` : "Nothing is left to ask about.";
    showTeach();
  } catch (error) {
    fail(error);
  }
}

async function removeClass(name) {
  try {
    const url = api(`classes?${new URLSearchParams({ name })}`);
    showClasses(await (await request(url, { method: "DELETE" })).json());
    await search();
  } catch (error) {
    fail(error);
  }
}

function clearChoice() {
  state.shown.clear();
  state.naming = false;
  for (const row of [...state.chosen.keys()]) choose(row, false);
  $("teach").hidden = true;
}

function showClasses({ added }) {
  state.added = new Set(added.map((one) => one.name));
  $("added").hidden = added.length === 0;
  $("added-list").replaceChildren(...added.map(({ name, images, texts }) => {
    const remove = make("button", { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", `Remove the class ${name}`);
    remove.addEventListener("click", () => removeClass(name));
    return make("li", { title: `${images} images, ${texts} texts` }, called(name), remove);
  }));
}

// Queries

function askWithImage(file) {
  if (!file) return;
  if (file.size > Number(document.body.dataset.maxBody)) {
    complain(`${file.name}: too large; choose an image of at most ${document.body.dataset.maxBody / 2 ** 20} MiB`);
    return;
  }
  URL.revokeObjectURL($("asked-image").src);
  state.image = file;
  $("asked-image").src = URL.createObjectURL(file);
  $("asked").hidden = false;
  $("text").value = "";
  $("text").placeholder = file.name;
  matchDefault("text");
  if ($("teach")) showTeach();
  search();
}

function forgetImage() {
  state.image = null;
  $("image").value = "";
  $("asked").hidden = true;
  $("text").placeholder = "What are you looking for?";
  matchDefault("image");
  if ($("teach")) showTeach();
}

// Until the user says otherwise, what the query is not.
function matchDefault(find) {
  const option = document.querySelector(`input[name=find][value=${find}]`);
  if (option && !state.findChosen) option.checked = true;
}

$("search").addEventListener("submit", (event) => { event.preventDefault(); search(); });
$("text").addEventListener("input", () => {
  if (state.image) forgetImage();
  clearTimeout(state.timer);
  state.timer = setTimeout(search, WAIT_MS);
});
$("image").addEventListener("change", () => askWithImage($("image").files[0]));
$("asked-remove").addEventListener("click", () => { forgetImage(); search(); $("text").focus(); });
for (const option of document.querySelectorAll("input[type=radio]")) {
  option.addEventListener("change", () => {
    if (option.name === "find") state.findChosen = true;
    search();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.matches("input[type=search], input[type=text]")) {
    event.preventDefault();
    $("text").focus();
  }
});

let depth = 0;
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragenter", (event) => { if (hasFiles(event)) { depth++; $("drop").hidden = false; } });
document.addEventListener("dragleave", (event) => { if (hasFiles(event) && --depth === 0) $("drop").hidden = true; });
document.addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  depth = 0;
  $("drop").hidden = true;
  askWithImage(event.dataTransfer.files[0]);
});

if ($("teach")) {
  $("teach").addEventListener("submit", addClass);
  $("teach-cancel").addEventListener("click", clearChoice);
  $("suggest").addEventListener("click", suggestExamples);
  $("name").addEventListener("input", () => state.shown.clear());
  $("start-class").addEventListener("click", () => { state.naming = true; showTeach(); $("name").focus(); });
  request(api("classes")).then((response) => response.json()).then(showClasses).catch(fail);
}
