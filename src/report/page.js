// Draws the figures of a report with d3, and finds products. What it draws stands in the page as JSON; what comes
// from there becomes text, never markup.
//
// d3 stands before this script, under this licence. Copyright 2010-2022 Mike Bostock. Redistribution and use in source
// and binary forms, with or without modification, are permitted provided that the following conditions are met:
// 1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following
// disclaimer. 2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and
// the following disclaimer in the documentation and/or other materials provided with the distribution. 3. Neither the
// name of the author nor the names of contributors may be used to endorse or promote products derived from this
// software without specific prior written permission. THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND
// CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF
// MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT OWNER OR
// CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING,
// BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS
// INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT
// (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE
// POSSIBILITY OF SUCH DAMAGE.
"use strict";
(() => {
    const data = JSON.parse(document.getElementById("data").textContent);

    // ---- what figures share --------------------------------------------------------------------

    // Told apart by the colour-blind too (after Okabe and Ito, darker); lines past the sixth are dashed as well.
    const palette = ["#0072b2", "#c24e00", "#117a5b", "#8c3f86", "#8a6d00", "#3c3c3c"];
    const muted = -1;
    const ink = -2;
    const color = (i) => (i === ink ? "#1c1e21" : i === muted ? "#8a8f95" : palette[i % palette.length]);
    const dashes = (line) =>
        line.style === "dashed" ? "5 4" : line.color < palette.length ? null : line.color < 2 * palette.length ? "7 3" : "2 3";

    const plain = d3.format(".4~r");
    const short = d3.format(".3~g");
    const print = (v) => (v !== 0 && (Math.abs(v) >= 1e7 || Math.abs(v) < 1e-4) ? short(v) : plain(v));

    // A range that is empty, or too narrow for ticks, becomes one around its middle.
    function widened([low, high]) {
        const least = Math.max(Math.abs(low), Math.abs(high)) * 1e-9;
        if (high - low > least) return [low, high];
        const margin = Math.abs(low) > 0 ? Math.abs(low) * 0.1 : 1;
        return [low - margin, high + margin];
    }

    const pen = document.createElement("canvas").getContext("2d");
    const lengthOf = (text) => {
        pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
        return pen.measureText(text).width;
    };

    function canvas(holder, width, height, label) {
        return holder.append("svg").attr("viewBox", `0 0 ${width} ${height}`).attr("role", "img").attr("aria-label", label);
    }

    function legend(holder, lines) {
        const items = holder.append("div").attr("class", "legend").selectAll("span").data(lines).join("span");
        const swatch = items.append("svg").attr("viewBox", "0 0 26 10").attr("aria-hidden", "true");
        swatch.append("line").attr("x2", 26).attr("y1", 5).attr("y2", 5).attr("stroke-width", (d) => (d.bands ? 10 : 2))
            .attr("stroke", (d) => color(d.color)).attr("stroke-opacity", (d) => (d.bands ? 0.35 : 1)).attr("stroke-dasharray", dashes);
        items.append("span").text((d) => d.name);
    }

    // ---- lines over two axes -------------------------------------------------------------------

    function chartScales(spec, width, height) {
        const points = spec.lines.flatMap((line) => line.points).concat(
            (spec.bands || []).flatMap((band) => band.points.flatMap(([x, low, high]) => [[x, low], [x, high]])));
        const ys = points.map((p) => p[1]).concat(spec.zero ? [0] : []);
        const x = d3.scaleLinear(spec.share ? [0, 1] : widened(d3.extent(points, (p) => p[0])), [0, width]);
        const y = d3.scaleLinear(spec.share ? [0, 1] : widened(d3.extent(ys)), [height, 0]).nice(5);
        const left = 10 + d3.max(y.ticks(5), (v) => lengthOf(print(v)));
        return { x: x.range([left, width - 14]), y: y.range([height - (spec.x ? 40 : 24), 10]) };
    }

    // As many ticks as have room, on whole numbers where there is nothing between them.
    function xTicks(spec, x) {
        const room = spec.dates ? 110 : 45;
        const isPlace = (t) => !(spec.whole || spec.dates) || (Number.isInteger(t) && (!spec.dates || t in spec.dates));
        for (let count = 10; count > 1; count--) {
            const ticks = x.ticks(count).filter(isPlace);
            if (ticks.length < 2 || x(ticks[1]) - x(ticks[0]) >= room) return ticks;
        }
        return x.ticks(1).filter(isPlace);
    }

    function drawAxes(svg, spec, { x, y }, width, height) {
        const [left, right] = x.range();
        const bottom = y.range()[0];
        svg.append("g").attr("class", "grid").attr("transform", `translate(${left},0)`)
            .call(d3.axisLeft(y).ticks(5).tickSize(left - right).tickPadding(6).tickFormat(print));
        const ticks = xTicks(spec, x);
        const axis = svg.append("g").attr("class", "axis").attr("transform", `translate(0,${bottom})`)
            .call(d3.axisBottom(x).tickValues(ticks).tickFormat((t) => (spec.dates ? spec.dates[t] : print(t))));
        axis.selectAll(".tick text").attr("text-anchor", (t) =>
            spec.dates && x(t) < left + 34 ? "start" : x(t) > right - 20 ? "end" : "middle");
        svg.append("line").attr("class", "base").attr("x1", left).attr("x2", right).attr("y1", bottom).attr("y2", bottom);
        if (spec.x) svg.append("text").attr("x", right).attr("y", height - 4).attr("text-anchor", "end").text(spec.x);
        if (y.domain()[0] < 0 && y.domain()[1] > 0)
            svg.append("line").attr("class", "base").attr("x1", left).attr("x2", right).attr("y1", y(0)).attr("y2", y(0));
    }

    function drawMarks(svg, spec, { x, y }) {
        const area = d3.area().x((p) => x(p[0])).y0((p) => y(p[1])).y1((p) => y(p[2]));
        const path = d3.line().defined((p) => p[1] !== null).x((p) => x(p[0])).y((p) => y(p[1]));
        svg.selectAll(".band").data(spec.bands || []).join("path").attr("class", "band mark")
            .attr("fill", (band) => color(band.color)).attr("d", (band) => area(band.points));
        for (const line of spec.lines) {
            svg.append("path").attr("class", "line mark").attr("stroke", color(line.color))
                .attr("stroke-dasharray", dashes(line)).attr("d", path(line.points));
            const isAlone = (i) => [i - 1, i + 1].every((j) => !line.points[j] || line.points[j][1] === null);
            const dots = line.points.filter((p, i) => p[1] !== null && (line.style === "dotted" || isAlone(i)));
            svg.append("g").attr("fill", color(line.color)).selectAll("circle").data(dots)
                .join("circle").attr("class", "mark").attr("cx", (p) => x(p[0])).attr("cy", (p) => y(p[1])).attr("r", 2.5);
        }
    }

    // What stands at one place of the x axis, in words.
    function words(spec, at) {
        const parts = [];
        for (const line of spec.lines) {
            const point = line.points.find((p) => p[0] === at);
            if (point && point[1] !== null) parts.push(`${line.name} ${print(point[1])}`.trim());
        }
        for (const band of spec.bands || []) {
            const point = band.points.find((p) => p[0] === at);
            if (point) parts.push(`${band.name} ${print(point[1])} to ${print(point[2])}`);
        }
        return `${spec.dates ? spec.dates[at] : `${spec.x} ${print(at)}`}: ${parts.join(", ")}`;
    }

    function addReadout(holder, svg, spec, { x, y }, width) {
        const places = Array.from(new Set(spec.lines.concat(spec.bands || []).flatMap((l) => l.points.map((p) => p[0])))).sort(d3.ascending);
        const rule = svg.append("line").attr("class", "rule").attr("y1", y.range()[0]).attr("y2", y.range()[1]).attr("visibility", "hidden");
        const readout = holder.append("p").attr("class", "readout");
        svg.node().addEventListener("pointermove", (event) => {
            const at = x.invert((event.offsetX * width) / svg.node().clientWidth);
            const i = Math.min(Math.max(d3.bisect(places, at), 1), places.length - 1);
            const nearest = places.length === 1 || at - places[i - 1] < places[i] - at ? places[i - 1] : places[i];
            rule.attr("x1", x(nearest)).attr("x2", x(nearest)).attr("visibility", "visible");
            readout.text(words(spec, nearest));
        });
        svg.node().addEventListener("pointerleave", () => {
            rule.attr("visibility", "hidden");
            readout.text("");
        });
    }

    function drawChart(holder, spec, label) {
        const width = Math.max(holder.node().clientWidth, 200);
        const height = Math.round(Math.min(Math.max(width * (spec.share ? 0.75 : 0.5), 210), spec.share ? 400 : 300));
        const scales = chartScales(spec, width, height);
        const named = spec.lines.filter((line) => line.name);
        if (named.length > 1) legend(holder, named);
        const svg = canvas(holder, width, height, `${label}. ${named.map((line) => line.name).join(", ")}`);
        drawAxes(svg, spec, scales, width, height);
        drawMarks(svg, spec, scales);
        addReadout(holder, svg, spec, scales, width);
    }

    // ---- bars ----------------------------------------------------------------------------------

    function drawBars(holder, spec, label) {
        const width = Math.max(holder.node().clientWidth, 200);
        const thickness = 13;
        const group = (thickness + 3) * spec.columns.length + 8;
        const left = Math.min(d3.max(spec.rows, lengthOf), width * 0.42);
        const cut = (text) => {
            let n = text.length;
            while (n > 1 && lengthOf(text.slice(0, n)) > left) n--;
            return n < text.length ? `${text.slice(0, n - 1)}…` : text;
        };
        const interval = (i, j) => ((spec.intervals || [])[i * spec.columns.length + j] || []).filter((v) => v !== null);
        const [low, high] = d3.extent([0].concat(spec.values.flat(), (spec.intervals || []).flat()));
        const x = d3.scaleLinear([low, high > low ? high : 1], [left + 8, width - 58]);
        if (spec.columns.length > 1) legend(holder, spec.columns.map((name, i) => ({ name, color: i })));
        const svg = canvas(holder, width, group * spec.rows.length, `${label}. ${spec.rows.map((row, i) =>
            `${row} ${spec.values[i].map((v) => (v === null ? "unknown" : print(v))).join(" ")}`).join(", ")}`);
        spec.rows.forEach((row, i) => {
            const top = group * i;
            svg.append("text").attr("y", top + ((thickness + 3) * spec.columns.length) / 2 + 3).text(cut(row)).append("title").text(row);
            spec.values[i].forEach((value, j) => {
                const y = top + (thickness + 3) * j;
                const [begin, end] = d3.extent([0, value], x);
                const [from, to] = d3.extent(interval(i, j), x);
                svg.append("rect").attr("class", "mark").attr("x", begin).attr("y", y).attr("height", thickness)
                    .attr("width", Math.max(end - begin, 0.5)).attr("fill", color(spec.columns.length > 1 ? j : 0));
                if (to > from) svg.append("path").attr("class", "interval mark").attr("d", `M${from},${y + 3}v7M${from},${y + 6.5}H${to}M${to},${y + 3}v7`);
                svg.append("text").attr("x", d3.max([end, to]) + 6).attr("y", y + 11).text(value === null ? "–" : print(value));
            });
        });
    }

    // ---- figures -------------------------------------------------------------------------------

    // All that is drawn, to draw it again where the page changes its width.
    const drawn = [];

    function draw(figure, spec) {
        const holder = d3.select(figure);
        const label = holder.select("figcaption").text();
        const begin = () => {
            holder.selectAll("svg, .legend, .readout").remove();
            (spec.kind === "bars" ? drawBars : drawChart)(holder, spec, label);
        };
        begin();
        drawn.push({ figure, width: figure.clientWidth, begin });
    }

    function redraw() {
        for (const item of drawn) {
            if (!item.figure.isConnected || item.figure.clientWidth === item.width) continue;
            item.width = item.figure.clientWidth;
            item.begin();
        }
    }

    // ---- products ------------------------------------------------------------------------------

    // In the page an object begins a run, and the arrays after it are its products.
    function readProducts() {
        const runs = [];
        for (const entry of data.products) {
            if (!Array.isArray(entry)) runs.push({ ...entry, rows: [], byId: new Map() });
            else {
                const [id, wql, volume, isAsked, seen, back, ahead, orders] = entry;
                const row = { id, wql, volume, isAsked, seen, back, ahead, orders };
                runs[runs.length - 1].rows.push(row);
                runs[runs.length - 1].byId.set(id, row);
            }
        }
        return runs.filter((run) => run.rows.length > 0);
    }

    // A forecast's quantiles as bands from the outermost pair of levels inwards, and a median.
    function fan(forecast, quantiles, name, colorOf) {
        if (!forecast || !quantiles) return { bands: [], lines: [] };
        const levels = forecast.levels;
        const n = quantiles.length / levels.length;
        const value = (level, h) => quantiles[level * n + h];
        const at = (f) => d3.range(n).map((h) => [forecast.at + h, ...f(h)]);
        const bands = d3.range(Math.floor(levels.length / 2)).map((i) => ({
            name: `${levels[i]} to ${levels[levels.length - 1 - i]}:`,
            color: colorOf,
            points: at((h) => [value(i, h), value(levels.length - 1 - i, h)]),
        }));
        const distances = levels.map((level) => Math.abs(level - 0.5));
        const median = distances.indexOf(d3.min(distances));
        return { bands, lines: [{ name, color: colorOf, style: "solid", points: at((h) => [value(median, h)]) }] };
    }

    function drawProduct(parent, run, row, isNamed) {
        const figure = parent.append("figure");
        const caption = figure.append("figcaption").text(isNamed ? `${row.id} · ${run.run}` : row.id);
        const facts = [];
        if (row.wql !== null) facts.push(`wQL ${print(row.wql)}`);
        if (row.volume !== null) facts.push(`${print(row.volume)} sold per period`);
        const orders = (row.orders || []).map((level, s) =>
            (level === null ? [] : `${print(level)} (lead ${run.spans[s][0]}, review ${run.spans[s][1]})`)).flat();
        if (orders.length > 0) facts.push(`order up to ${orders.join(", ")}`);
        caption.append("span").attr("class", "small").text(facts.join(", "));
        const back = fan(run.back, row.back, "backtest", 0);
        const ahead = fan(run.ahead, row.ahead, "forecast", 1);
        draw(figure.node(), {
            kind: "chart", zero: true, dates: run.dates, bands: back.bands.concat(ahead.bands),
            lines: [{ name: "observed", color: ink, style: "solid", points: row.seen.map((y, t) => [t, y]) }, ...back.lines, ...ahead.lines],
        });
    }

    const drawEverywhere = (parent, runs, id) => {
        for (const run of runs) if (run.byId.has(id)) drawProduct(parent, run, run.byId.get(id), runs.length > 1);
    };

    // Those asked for; of the larger half the best and the worst; and some of all, evenly.
    function groupsOf(runs, count) {
        const rows = runs[0].rows;
        const shown = new Set();
        const take = (list, n) => list.filter((row) => !shown.has(row.id)).slice(0, n).map((row) => (shown.add(row.id), row.id));
        const asked = Array.from(new Set(runs.flatMap((run) => run.rows.filter((row) => row.isAsked).map((row) => row.id))));
        asked.forEach((id) => shown.add(id));
        const scored = rows.filter((row) => row.wql !== null);
        const half = d3.median(scored, (row) => row.volume);
        const ranked = scored.filter((row) => row.volume >= half).sort((a, b) => d3.ascending(a.wql, b.wql));
        const some = d3.range(4 * count).map((i) => rows[Math.floor(((i + 0.5) * rows.length) / (4 * count))]);
        return [
            ["Asked for", asked],
            ["Best wQL of the half that sells more", take(ranked, count)],
            ["Worst wQL of the half that sells more", take(ranked.reverse(), count)],
            ["Drawn evenly from all", take(some, count)],
        ];
    }

    function addSearch(holder, runs) {
        const ids = Array.from(new Set(runs.flatMap((run) => run.rows.map((row) => row.id))));
        const box = holder.append("div").attr("class", "search");
        box.append("label").attr("for", "search").text("Find a product");
        const input = box.append("input").attr("id", "search").attr("type", "search").attr("autocomplete", "off").attr("placeholder", "part of its id");
        const status = box.append("p").attr("class", "note").attr("role", "status");
        const results = box.append("div").attr("class", "results");
        const found = holder.append("div").attr("id", "found").attr("class", "pair");
        const show = (id) => {
            found.selectAll("*").remove();
            drawEverywhere(found, runs, id);
        };
        const matching = () => {
            const words = input.property("value").trim().toLowerCase();
            const matches = words === "" ? [] : ids.filter((id) => id.toLowerCase().includes(words));
            return matches.sort((a, b) => d3.ascending(a.length, b.length) || d3.ascending(a, b)); // the id itself before longer ones
        };
        input.node().addEventListener("input", () => {
            const matches = matching();
            const isEmpty = input.property("value").trim() === "";
            status.text(isEmpty ? "" : matches.length > 0 ? `${matches.length} of ${ids.length} products match` :
                `None of the ${ids.length} products on this page matches; mqcast report RUN --items ID adds others.`);
            results.selectAll("button").data(matches.slice(0, 12), (id) => id).join("button").attr("type", "button").text((id) => id)
                .each(function (id) { this.onclick = () => show(id); });
            if (matches.length === 1) show(matches[0]);
        });
        input.node().addEventListener("keydown", (event) => {
            const matches = matching();
            if (event.key === "Enter" && matches.length > 0) show(matches[0]);
        });
    }

    function addProducts(holder) {
        const runs = readProducts();
        if (runs.length === 0) return;
        addSearch(holder, runs);
        for (const [title, ids] of groupsOf(runs, runs.length > 1 ? 2 : 4)) {
            if (ids.length === 0) continue;
            holder.append("h3").text(title);
            const pair = holder.append("div").attr("class", "pair");
            for (const id of ids) drawEverywhere(pair, runs, id);
        }
    }

    for (const figure of document.querySelectorAll("figure[data-figure]")) draw(figure, data.figures[figure.dataset.figure]);
    const holder = document.getElementById("products");
    if (holder !== null) addProducts(d3.select(holder));
    window.addEventListener("resize", redraw);
})();
