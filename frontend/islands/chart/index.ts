/** Time charts: `data-series='{"x": [unix seconds], "lines": [{"label", "values", "colour"}]}'`. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

type Line = { label: string; values: number[]; colour: string };
type Series = { x: number[]; lines: Line[]; step?: "hour" | "day" };

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--td-${name}`).trim();
const HEIGHT = 260;

function draw(element: HTMLElement, data: Series): uPlot {
  const lang = document.documentElement.lang;
  const number = new Intl.NumberFormat(lang);
  const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: "UTC" });
  const hour = new Intl.DateTimeFormat(lang, { weekday: "short", hour: "numeric", minute: "2-digit", timeZone: "UTC" });
  const at = data.step === "hour" ? hour : day;
  const axis = { stroke: colour("text-quiet"), font: "12px 'Inter Variable', sans-serif", ticks: { show: false } };
  const top = Math.max(4, ...data.lines.flatMap((line) => line.values));
  return new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      tzDate: (x) => uPlot.tzDate(new Date(x * 1000), "UTC"),
      cursor: { points: { size: 8 }, drag: { x: false, y: false } },
      legend: { live: true, markers: { width: 0, fill: (_, at) => colour(data.lines[at - 1]?.colour ?? "line") } },
      scales: { y: { range: () => [0, top * 1.1] } },
      axes: [
        { ...axis, grid: { show: false }, space: 80, values: (_, ats) => ats.map((x) => at.format(x * 1000)) },
        {
          ...axis,
          size: 48,
          grid: { stroke: colour("line"), width: 1 },
          values: (_, all) => all.map((n) => (Number.isInteger(n) ? number.format(n) : "")),
        },
      ],
      series: [
        { label: "", value: (_, x) => (x === null ? "" : at.format(x * 1000)) },
        ...data.lines.map((line) => ({
          label: line.label,
          stroke: colour(line.colour),
          fill: `color-mix(in srgb, ${colour(line.colour)} 10%, transparent)`,
          width: 2,
          points: { show: data.x.length < 3 },
          value: (_: uPlot, n: number | null) => (n === null ? "–" : number.format(n)),
        })),
      ],
    },
    [data.x, ...data.lines.map((line) => line.values)],
    element,
  );
}

export function mount(element: HTMLElement): void {
  const data = JSON.parse(element.dataset.series ?? "{}") as Series;
  element.replaceChildren();
  let plot = draw(element, data);
  new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT })).observe(element);
  new MutationObserver(() => {
    plot.destroy();
    plot = draw(element, data);
  }).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
}
