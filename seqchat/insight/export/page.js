const SEQUENTIAL = [[38, 24, 74], [47, 79, 127], [35, 137, 129], [110, 190, 84], [250, 226, 60]];
const LOW = [24, 100, 200], HIGH = [206, 40, 48];
// Words that are written from top to bottom, a character a line
const UPRIGHT = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3001-\u303f\uff01-\uff60]+$/u;
const COLUMN = 26, LOWEST = 256, PAGE = 10, LEVELS = 256;

// --- numbers → colours

function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

function ramp(map) {
  if (!map.signed) return SEQUENTIAL;
  const middle = getComputedStyle(document.documentElement).getPropertyValue("--middle").trim();
  return [LOW, [1, 3, 5].map((i) => parseInt(middle.slice(i, i + 2), 16)), HIGH];
}

function colour(value, map, colours) {
  const share = Math.min(Math.max((value - map.low) / (map.high - map.low), 0), 1);
  const place = share * (colours.length - 1);
  const low = Math.min(Math.floor(place), colours.length - 2);
  return colours[low].map((part, i) => Math.round(part + (colours[low + 1][i] - part) * (place - low)));
}

function css(rgb) {
  return `rgb(${rgb.join(" ")})`;
}

// Black and white have the same contrast (WCAG 2) to a ground of this luminance.
function ink(rgb) {
  const [red, green, blue] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}

function short(value) {
  return String(Number(value.toPrecision(2)));
}

function exact(value) {
  return String(Number(value.toPrecision(7)));
}

function element(name, text = "", kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = kind;
  return made;
}

const STEPS = {
  ArrowLeft: ["word", -1], ArrowRight: ["word", 1], Home: ["word", -Infinity], End: ["word", Infinity],
  ArrowUp: ["neuron", -1], ArrowDown: ["neuron", 1], PageUp: ["neuron", -PAGE], PageDown: ["neuron", PAGE],
};

// Makes the parts of an element show what was recorded, and follow the pointer and the keys.
function explore(root) {
  const data = JSON.parse(root.querySelector(".data").textContent);
  const words = data.words.length, neurons = data.neurons.length;
  const longest = data.words.reduce((most, word) => Math.max(most, [...word].length), 1);
  root.style.setProperty("--label", `${Math.min(longest, 7) + 1}em`);
  const rowHeight = Math.max(1, Math.min(18, Math.round(LOWEST / neurons)));
  for (const map of data.maps) {
    map.values = unpacked(map.values);
    // Which neuron is in a row of the heat map, like ones next to each other; and in which row a neuron is.
    map.order = data.orders[map.layer];
    map.rows = map.order.reduce((rows, neuron, row) => { rows[neuron] = row; return rows; }, []);
  }

  const now = { map: data.chosen, word: data.word, neuron: data.neuron, held: false };
  const part = (name) => root.querySelector(`.${name}`);

  function at(map, word, neuron) {
    return map.values[word * neurons + neuron];
  }

  // --- what is there once

  function wordElements(parent) {
    return data.words.map((word, i) => {
      const span = element("span", word === " " ? "␣" : word, UPRIGHT.test(word) || [...word].length === 1 ? "upright" : "");
      span.addEventListener("click", () => choose({ word: i, held: true }));
      parent.append(span);
      return span;
    });
  }

  const textWords = wordElements(part("text"));

  const figures = data.maps.map((map, number) => {
    const figure = element("figure"), caption = element("figcaption"), scale = element("span", "", "scale");
    const [least, most, reach] = map.clipped ? [map.signed ? "≤ " : "", "≥ ", " (95%)"] : ["", "", ""];
    const limits = element("span", `${least}${short(map.low)} … ${most}${short(map.high)}${reach}`, "limits");
    caption.append(element("b", name(map)), scale, limits);
    const sideways = element("div", "", "sideways"), box = element("div", "", "map"), canvas = element("canvas");
    canvas.width = words;
    canvas.height = neurons;
    canvas.style.width = box.style.width = `${words * COLUMN}px`;
    canvas.style.height = box.style.height = `${neurons * rowHeight}px`;
    const column = element("div", "", "column"), row = element("div", "", "row"), labels = element("div", "", "words");
    column.style.width = `${COLUMN}px`;
    row.style.height = `${Math.max(rowHeight, 3)}px`;
    box.append(canvas, column, row);
    const spans = wordElements(labels);
    for (const span of spans) span.style.width = `${COLUMN}px`;
    labels.style.width = `${words * COLUMN}px`;
    sideways.append(box, labels);
    sideways.tabIndex = 0;
    sideways.setAttribute("role", "application");
    sideways.setAttribute("aria-label", say("{map}, {neurons} neurons by {words} words", { map: name(map), neurons, words }));
    figure.append(caption, sideways);
    part("maps").append(figure);
    const pointed = (event) => {
      const place = canvas.getBoundingClientRect();
      const limit = (value, most) => Math.min(Math.max(Math.floor(value), 0), most - 1);
      return {
        map: number,
        word: limit((event.clientX - place.left) / COLUMN, words),
        neuron: map.order[limit((event.clientY - place.top) / rowHeight, neurons)],
      };
    };
    box.addEventListener("pointermove", (event) => now.held || choose(pointed(event)));
    box.addEventListener("click", (event) => choose({ ...pointed(event), held: !now.held }));
    sideways.addEventListener("focus", () => choose({ map: number }));
    sideways.addEventListener("keydown", pressed);
    sideways.addEventListener("scroll", () => {
      for (const other of figures) if (other.sideways !== sideways) other.sideways.scrollLeft = sideways.scrollLeft;
    });
    return { figure, scale, sideways, canvas, column, row, spans };
  });

  const rows = data.maps.map((map, number) => {
    const row = element("tr");
    const cells = [map.layer, map.title, "", "", "", ""].map((text) => element("td", text));
    row.append(...cells);
    row.addEventListener("click", () => choose({ map: number }));
    part("gates").append(row);
    return { row, cells };
  });

  for (const [i, word] of data.words.entries()) part("word").append(new Option(`${i} ${word}`, i));
  for (const [i, neuron] of data.neurons.entries()) part("neuron").append(new Option(neuron, i));
  part("word").addEventListener("change", (event) => choose({ word: Number(event.target.value), held: true }));
  part("neuron").addEventListener("change", (event) => choose({ neuron: Number(event.target.value), held: true }));

  function name(map) {
    return say("layer {layer} · {gate}", { layer: map.layer, gate: map.title });
  }

  // --- what changes

  function pressed(event) {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const [what, by] = step;
    const most = (what === "word" ? words : neurons) - 1;
    const rows = data.maps[now.map], place = what === "word" ? now.word : rows.rows[now.neuron];
    const next = Math.min(Math.max(place + by, 0), most);
    choose({ [what]: what === "word" ? next : rows.order[next], held: true });
    if (what === "word") show(figures[now.map].sideways);
  }

  // Scrolls a heat map sideways to the chosen word, and all others with it.
  function show(sideways) {
    const left = now.word * COLUMN;
    if (left < sideways.scrollLeft) sideways.scrollLeft = left;
    const right = left + COLUMN - sideways.clientWidth;
    if (right > sideways.scrollLeft) sideways.scrollLeft = right;
  }

  function choose(change) {
    const last = { ...now };
    Object.assign(now, change);
    const map = data.maps[now.map], word = data.words[now.word], neuron = data.neurons[now.neuron];
    part("activations").textContent = say("{map} · neuron {neuron} over the text", { map: name(map), neuron });
    part("selection").textContent = say("word {number} “{word}” · neuron {neuron}", { number: now.word, word, neuron }) + (now.held ? ` · ${say("held")}` : "");
    part("word").value = now.word;
    part("neuron").value = now.neuron;
    if (now.map !== last.map || now.neuron !== last.neuron) paintText();
    for (const spans of [textWords, ...figures.map((figure) => figure.spans)]) {
      spans[last.word].classList.remove("chosen");
      spans[now.word].classList.add("chosen");
    }
    if (now.word !== last.word) scrollText();
    figures.forEach((figure, i) => {
      figure.figure.classList.toggle("chosen", i === now.map);
      figure.column.style.left = `${now.word * COLUMN}px`;
      figure.row.style.top = `${data.maps[i].rows[now.neuron] * rowHeight - (rowHeight < 3 ? 1 : 0)}px`;
    });
    rows.forEach(({ row, cells }, i) => {
      const shown = data.maps[i];
      const values = shown.values.subarray(now.word * neurons, (now.word + 1) * neurons);
      const share = (test) => `${Math.round((100 * values.filter(test).length) / neurons)}`;
      row.classList.toggle("chosen", i === now.map);
      cells[2].textContent = exact(values[now.neuron]);
      cells[3].textContent = (values.reduce((sum, value) => sum + value, 0) / neurons).toFixed(3);
      cells[4].textContent = share((value) => value < shown.left);
      cells[5].textContent = shown.right === null ? say("never") : share((value) => value > shown.right);
    });
    showStep();
  }

  // Scrolls a long text to the chosen word.
  function scrollText() {
    const box = part("text"), { offsetTop, offsetHeight } = textWords[now.word];
    if (offsetTop < box.scrollTop) box.scrollTop = offsetTop;
    const below = offsetTop + offsetHeight - box.clientHeight;
    if (below > box.scrollTop) box.scrollTop = below;
  }

  function showStep() {
    const box = part("step");
    if (!data.steps) return;
    const map = data.maps[now.map], number = data.neurons[now.neuron];
    const { gates, previous } = opened(data.steps, map.layer, now.word, now.neuron, number, words, neurons);
    const place = { layer: map.layer, neuron: number, word: data.words[now.word], before: data.words[previous] };
    const title = previous === null ? say("Opened: layer {layer}, neuron {neuron} at {word}", place)
      : say("Opened: layer {layer}, neuron {neuron} at {word}, after {before}", place);
    const list = element("ol", "", "formulas");
    for (const gate of gates) list.append(element("li", formulaText(gate, number), gate.gate === map.gate ? "chosen" : ""));
    const table = element("table"), body = element("tbody");
    for (const [value, what, note, kind] of addendRows(gates.find((gate) => gate.gate === map.gate))) {
      const row = element("tr", "", kind);
      row.append(element("td", value), element("td", what), element("td", note));
      body.append(row);
    }
    table.append(body);
    box.replaceChildren(element("h3", title), list, table);
  }

  function paintText() {
    const map = data.maps[now.map], colours = ramp(map);
    textWords.forEach((span, i) => {
      const value = at(map, i, now.neuron), ground = colour(value, map, colours);
      span.style.backgroundColor = css(ground);
      span.style.color = ink(ground);
      span.title = exact(value);
    });
  }

  function paintMap(map, { canvas, scale }) {
    const context = canvas.getContext("2d"), image = context.createImageData(words, neurons), colours = ramp(map);
    const range = { low: 0, high: LEVELS - 1 };
    const palette = Array.from({ length: LEVELS }, (_, level) => colour(level, range, colours));
    for (let word = 0; word < words; word++) {
      for (let row = 0; row < neurons; row++) {
        const share = (at(map, word, map.order[row]) - map.low) / (map.high - map.low);
        const level = palette[Math.round(Math.min(Math.max(share, 0), 1) * (LEVELS - 1))];
        const pixel = 4 * (row * words + word);
        for (let part = 0; part < 3; part++) image.data[pixel + part] = level[part];
        image.data[pixel + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
    scale.style.backgroundImage = `linear-gradient(to right, ${colours.map(css).join(", ")})`;
  }

  function paint() {
    data.maps.forEach((map, number) => paintMap(map, figures[number]));
    paintText();
    choose({});
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  paint();
}

said = JSON.parse(document.body.dataset.said ?? "{}");
for (const root of document.querySelectorAll(".explorer")) explore(root);
