// Opens a neuron at a word: each gate's formula with its numbers, as `seqchat inspect --step` does.
let said = {};

// Returns an English text in the language of the page, with values put in.
function say(text, values = {}) {
  return (said[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

const NAMED = 5;
const ACTIVATIONS = {
  "": (v) => v,
  "σ": (v) => 1 / (1 + Math.exp(-v)),
  tanh: Math.tanh,
  relu: (v) => Math.max(v, 0),
  g: (v) => (v >= 0 ? v + 0.5 : 1 / (1 + Math.exp(-v))),
};

function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, part = bits & 1023;
  if (exponent === 0) return sign * part * 2 ** -24;
  return sign * (1 + part / 1024) * 2 ** (exponent - 15);
}

function numbers(packed) {
  if (Array.isArray(packed.numbers)) return packed.numbers;
  const bytes = Uint8Array.from(atob(packed.values), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer), size = packed.kind === "f2" ? 2 : 4;
  const read = size === 2 ? (i) => half(view.getUint16(2 * i, true)) : (i) => view.getFloat32(4 * i, true);
  packed.numbers = Array.from({ length: bytes.length / size }, (_, i) => read(i));
  return packed.numbers;
}

function written(value, decimals) {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

// Rounds numbers down or up so that they add up to their rounded sum.
function balanced(values, decimals) {
  const scale = 10 ** decimals, floors = values.map((value) => Math.floor(value * scale));
  const missing = Math.round(values.reduce((a, b) => a + b, 0) * scale) - floors.reduce((a, b) => a + b, 0);
  const nearest = values.map((_, i) => i).sort((a, b) => floors[a] - values[a] * scale - (floors[b] - values[b] * scale));
  for (const i of nearest.slice(0, missing)) floors[i] += 1;
  return floors.map((floor) => floor / scale);
}

// Returns each gate of a neuron (its place among those in the page) at a word with its addends, in double precision.
function opened(steps, name, word, place, number, words, places) {
  const layer = steps.layers[name], own = steps.names.indexOf(name), hidden = steps.hidden, now = {};
  const next = word + 1 < words && !steps.starts.includes(word + 1) ? word + 1 : null;
  const previous = layer.backward ? next : steps.starts.includes(word) ? null : word - 1;
  const state = (of, part, at) =>
    at === null ? Array(hidden).fill(0) : numbers(steps.states[of][part]).slice(at * hidden, (at + 1) * hidden);
  const inputs = { x: layer.below.flatMap((k) => state(k, "hidden", word)), h: state(own, "hidden", previous) };
  const mark = layer.backward ? "₊₁" : "₋₁";
  const gates = steps.formulas.map((formula) => {
    const addends = formula.addends.map(({ factors, term }) => {
      const found = factors.map((factor) => {
        let value = factor.before ? state(own, factor.gate, previous)[number] : now[factor.gate];
        let symbol = factor.symbol + (factor.before ? mark : "");
        if (factor.squashed) [symbol, value] = [`tanh(${symbol})`, Math.tanh(value)];
        return factor.complement ? { symbol: `(1 − ${symbol})`, value: 1 - value } : { symbol, value };
      });
      const product = found.reduce((all, factor) => all * factor.value, 1);
      const symbols = found.map((factor) => factor.symbol);
      if (term === null) return { symbol: symbols.join(" · "), factors: found, value: product, parts: [], reads: null };
      const row = numbers(layer.rows[`${term.weights}/${term.block}`]), reads = term.reads;
      const symbol = [...symbols, term.symbol + (reads === "x" ? " x" : reads === "h" ? ` h${mark}` : "")].join(" · ");
      if (reads === null) {
        return { symbol, factors: found, term: row[place], value: product * row[place], parts: [], reads };
      }
      const read = inputs[reads];
      if (read.length === 0) {
        const value = row[word * places + place];
        return { symbol, factors: found, term: value, value: product * value, parts: [], reads };
      }
      const weights = row.slice(place * read.length, (place + 1) * read.length);
      const parts = weights.map((weight, i) => ({
        layer: reads === "x" ? steps.names[layer.below[Math.floor(i / hidden)]] : name,
        neuron: i % hidden, weight, value: read[i], product: weight * read[i] * product,
      }));
      const sum = weights.reduce((all, weight, i) => all + weight * read[i], 0);
      return { symbol, factors: found, term: sum, value: product * sum, parts: previous === null && reads === "h" ? [] : parts, reads };
    });
    const total = addends.reduce((all, addend) => all + addend.value, 0);
    now[formula.gate] = ACTIVATIONS[formula.activation](total);
    return { ...formula, addends, total, value: now[formula.gate] };
  });
  return { gates, previous };
}

function joined(addends) {
  const sums = new Map();
  for (const addend of addends) {
    const name = { x: "W·x", h: "U·h" }[addend.reads] ?? "b";
    sums.set(name, (sums.get(name) ?? 0) + addend.term);
  }
  return sums;
}

function named(sums) {
  const values = balanced([...sums.values()], 2);
  return [...sums.keys()].map((name, i) => `${name} ${written(values[i], 2)}`).join(" + ");
}

function formulaText(gate, number) {
  const head = `${gate.symbol}[${number}] = `, result = written(gate.value, 2);
  if (gate.activation) {
    const free = joined(gate.addends.filter((addend) => addend.factors.length === 0));
    const held = gate.addends.filter((addend) => addend.factors.length > 0);
    let inner = named(free);
    if (held.length > 0) {
      const values = balanced([...free.values(), held.reduce((all, addend) => all + addend.value, 0)], 2);
      const sums = new Map([...free.keys()].map((name, i) => [name, values[i]]));
      inner = `${named(sums)} + ${written(held[0].factors[0].value, 2)}·(${named(joined(held))})`;
    }
    return `${head}${gate.activation}(${inner}) = ${gate.activation}(${written(gate.total, 2)}) = ${result}`;
  }
  const bracketed = (value) => (written(value, 2).startsWith("−") ? `(${written(value, 2)})` : written(value, 2));
  const symbols = gate.addends.map((addend) => addend.symbol.replaceAll(" · ", "·")).join(" + ");
  const products = gate.addends.map((addend) => addend.factors.map(({ value }) => bracketed(value)).join("·")).join(" + ");
  const values = balanced(gate.addends.map((addend) => addend.value), 2);
  const sums = values.map((value, i) => (i ? (value < 0 ? " − " : " + ") + written(Math.abs(value), 2) : written(value, 2)));
  return head + [symbols, products, ...(values.length > 1 ? [sums.join("")] : []), result].join(" = ");
}

// A row: number, what it is, where it is from, and whether it is a part of the row above.
function addendRows(gate) {
  const values = balanced(gate.addends.map((addend) => addend.value), 4), rows = [];
  gate.addends.forEach((addend, i) => {
    const factors = addend.factors.map(({ value }) => written(value, 4));
    const note = factors.length ? [...factors, ...(addend.term === undefined ? [] : [written(addend.term, 4)])].join(" · ") : "";
    rows.push([written(values[i], 4), addend.symbol, note, "addend"]);
    if (addend.parts.length === 0) return;
    const strongest = [...addend.parts].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, NAMED);
    const rest = values[i] - strongest.reduce((all, part) => all + part.product, 0);
    const shares = balanced([...strongest.map((part) => part.product), rest], 4);
    strongest.forEach((part, k) => {
      const where = addend.reads === "x" ? say("layer {layer}, neuron {neuron}", part) : say("neuron {neuron}", part);
      rows.push([written(shares[k], 4), where, `${written(part.weight, 4)} · ${written(part.value, 4)}`, "part"]);
    });
    const others = addend.parts.length - strongest.length;
    if (others > 0) rows.push([written(shares.at(-1), 4), say("{others} other neurons", { others }), "", "part"]);
  });
  const total = written(gate.total, 4);
  rows.push([total, say("sum"), gate.activation ? `${gate.activation}(${total}) = ${written(gate.value, 4)}` : gate.symbol, "sum"]);
  return rows;
}
