/** Style of the page. Colors follow the setting of the system: light or dark. */
export const STYLE = `
  :root { color-scheme: light dark; --page: #fff; --text: #1d2430; --soft: #5b6573; --line: #e3e7ec;
          --known: #3b6fb6; --unknown: #d9822b; --low: #eff4fa; --high: #0e2f5c; --on-low: #000; --on-high: #fff; --tone: 0.55; }
  @media (prefers-color-scheme: dark) {
    :root { --page: #14181e; --text: #dde3ea; --soft: #98a3b1; --line: #2a313a;
            --known: #6fa3e8; --unknown: #eba055; --low: #1c232d; --high: #8fb8ee; --on-low: #fff; --on-high: #000; --tone: 0.72; }
  }
  body { margin: 0 auto; max-width: 1400px; padding: 24px clamp(12px, 3vw, 32px) 48px; background: var(--page);
         color: var(--text); font: 15px/1.5 system-ui, 'DejaVu Sans', Verdana, sans-serif; }
  h1 { font-size: 24px; margin: 0 0 8px; overflow-wrap: anywhere; }
  h2 { font-size: 17px; margin: 0 0 6px; font-weight: 600; }
  dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); column-gap: 32px; margin: 0 0 28px; }
  dl div { display: grid; grid-template-columns: 180px 1fr; border-bottom: 1px solid var(--line); padding: 3px 0; }
  dt { color: var(--soft); }
  dd { margin: 0; overflow-wrap: anywhere; }
  .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); gap: 32px; grid-auto-flow: dense; }
  figure { margin: 0; min-width: 0; }
  .wide { grid-column: 1 / -1; }
  figcaption, .legend { color: var(--soft); font-size: 13px; margin: 4px 0 0; }
  span.legend { display: flex; flex-wrap: wrap; }
  .legend span { display: inline-flex; align-items: center; gap: 6px; margin-right: 14px; }
  .legend b { width: 12px; height: 12px; box-sizing: border-box; }
  .scroll { overflow-x: auto; }
  .shades { display: inline-block; width: 120px; height: 10px; margin-right: 14px;
            background: linear-gradient(90deg in oklab, var(--low), var(--high)); }
  table { border-collapse: collapse; font-size: 12px; font-variant-numeric: tabular-nums; }
  tbody th, thead :first-child { position: sticky; left: 0; background: var(--page); z-index: 1; }
  tbody th { max-width: 130px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: left;
             font-weight: normal; padding: 2px 8px 2px 0; }
  .heat thead th { vertical-align: bottom; font-weight: normal; padding: 0 0 4px; }
  .heat thead span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 120px; overflow: hidden;
                     text-overflow: ellipsis; white-space: nowrap; }
  .heat tbody td { min-width: 34px; height: 22px; padding: 0 1px; text-align: center; border: 1px solid var(--page);
             background: color-mix(in oklab, var(--high) var(--shade), var(--low)); font-size: 11px; color: var(--on-low); }
  .wide .heat tbody td { min-width: 26px; }
  .heat tbody .high { color: var(--on-high); }
  .classes { width: 100%; max-width: 1000px; }
  .classes thead th { text-align: left; font-weight: normal; color: var(--soft); vertical-align: bottom; padding: 2px 8px; }
  .classes thead :first-child { padding-left: 0; }
  .classes tbody th { max-width: 30vw; white-space: normal; }
  .classes tbody td { padding: 2px 8px; border: 1px solid var(--page);
                background: linear-gradient(var(--low), var(--low)) 0 0 / var(--width) 100% no-repeat; }
  .classes small { color: var(--soft); }
  svg { width: 100%; height: auto; max-width: 640px; display: block; }
  svg text { font-size: 11px; fill: var(--soft); }
  svg .title { font-size: 12px; }
  svg .mark { pointer-events: none; fill: var(--text); paint-order: stroke; stroke: var(--page); stroke-width: 3px; stroke-linejoin: round; }
  .grid { stroke: var(--line); }
  .center { fill: oklch(var(--tone) 0.15 var(--hue)); stroke: var(--page); }
  .row { fill: oklch(var(--tone) 0.15 var(--hue)); fill-opacity: 0.5; }
  .unknown.row { fill: none; stroke: var(--soft); stroke-opacity: 0.7; }
  .ring { fill: none; stroke: oklch(var(--tone) 0.15 var(--hue)); stroke-opacity: 0.8; }
  .threshold.ring { stroke-dasharray: 4 3; }
  .many .ring { stroke-opacity: 0.15; }
  .many:hover .ring { stroke-opacity: 1; stroke-width: 2; }
  .bar { fill-opacity: 0.65; }
  .known.bar { fill: var(--known); }
  .unknown.bar { fill: var(--unknown); }
  .limit { fill: var(--text); }
  .limits { fill: var(--text); fill-opacity: 0.12; }
  b.known { background: var(--known); }
  b.unknown.bar { background: var(--unknown); }
  b.center { background: var(--soft); border-radius: 50%; }
  b.row { background: var(--soft); border-radius: 50%; width: 6px; height: 6px; }
  b.unknown.row { background: none; border: 1px solid var(--soft); }
  b.ring { border: 1px solid var(--soft); border-radius: 50%; }
  b.threshold { border-style: dashed; }
`;
