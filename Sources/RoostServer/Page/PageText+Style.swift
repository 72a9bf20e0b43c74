extension PageText {
    static let style = #"""
        :root {
          color-scheme: light dark;
          --ground: #faf8f5; --card: #ffffff; --ink: #1f1a17; --soft: #6f655e; --line: #e8e1d9;
          --accent: #b93c0a; --good: #15803d; --good-ground: #dcf5e4; --warn: #9a5b00; --warn-ground: #fdf0d0;
          --bad: #b4232a; --bad-ground: #fde4e4; --idle: #57606a; --idle-ground: #eceef0; --code: #f4efe9;
          --shadow: 0 1px 2px rgb(60 40 20 / .06), 0 4px 16px rgb(60 40 20 / .05);
          --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #171412; --card: #211d1a; --ink: #f1ebe5; --soft: #a89d94; --line: #362f2a;
            --accent: #fb8b4c; --good: #6fdc95; --good-ground: #15301f; --warn: #f3c258; --warn-ground: #382a0d;
            --bad: #ff9a98; --bad-ground: #41191b; --idle: #b3bac2; --idle-ground: #2c2f33; --code: #2b2622;
            --shadow: 0 1px 2px rgb(0 0 0 / .3);
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--ground); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
        }
        h1, h2, h3, p, ul, ol, dl, dd { margin: 0; padding: 0; }
        ul, ol { list-style: none; }
        code, pre { font-family: var(--mono); font-size: .9em; }
        pre { background: var(--code); border-radius: 8px; padding: 10px 14px; overflow-x: auto; margin: 10px 0; }
        pre code { font-size: 1em; }
        a { color: var(--accent); }
        button {
          font: inherit; cursor: pointer; border-radius: 8px; border: 1px solid var(--line);
          background: var(--card); color: var(--ink); padding: 4px 12px;
        }
        button:hover { border-color: var(--accent); color: var(--accent); }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        [hidden] { display: none !important; }

        .top { display: flex; align-items: center; gap: 14px; padding: 12px 24px; border-bottom: 1px solid var(--line); background: var(--card); }
        .brand { display: flex; align-items: center; gap: 10px; font-size: 18px; font-weight: 650; letter-spacing: -.01em; color: inherit; text-decoration: none; }
        .machine { color: var(--soft); font-family: var(--mono); font-size: 13px; overflow-wrap: anywhere; }
        .top form { margin-left: auto; }
        .quiet { border-color: transparent; color: var(--soft); background: none; }
        .live { font-size: 12px; color: var(--good); display: flex; align-items: center; gap: 6px; }
        .live::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: currentColor; }
        .live.lost { color: var(--warn); }

        main { max-width: 1280px; margin: 0 auto; padding: 24px; }
        .summary { display: flex; flex-wrap: wrap; align-items: baseline; gap: 6px 24px; margin-bottom: 24px; }
        h1 { font-size: 24px; line-height: 1.25; letter-spacing: -.02em; font-weight: 650; }
        h1 .dot { width: 12px; height: 12px; margin-right: 12px; }
        .facts { display: flex; flex-wrap: wrap; gap: 2px 18px; color: var(--soft); font-size: 13px; }
        .columns { display: grid; grid-template-columns: minmax(0, 1fr) 360px; gap: 28px; align-items: start; }
        .applications { display: grid; gap: 28px; }
        h2 { font-size: 16px; font-weight: 650; margin-bottom: 12px; display: flex; align-items: center; gap: 10px; overflow-wrap: anywhere; }

        .service, .events, section.empty { background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow); padding: 18px 20px; }
        .service + .service { margin-top: 14px; }
        .service > header { display: flex; align-items: center; flex-wrap: wrap; gap: 10px; margin-bottom: 12px; }
        h3 { font-size: 17px; font-weight: 650; letter-spacing: -.01em; }
        .engine { margin-left: auto; color: var(--soft); font-family: var(--mono); font-size: 13px; }
        .service > footer { margin-top: 14px; color: var(--soft); font-size: 13px; }

        .badge { font-size: 12px; font-weight: 600; line-height: 1; padding: 4px 9px; border-radius: 99px; color: var(--idle); background: var(--idle-ground); }
        .dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; background: var(--idle); flex: none; }
        .badge.running { color: var(--good); background: var(--good-ground); }
        .badge.degraded, .badge.creating { color: var(--warn); background: var(--warn-ground); }
        .badge.down { color: var(--bad); background: var(--bad-ground); }
        .dot.running, .dot.up { background: var(--good); }
        .dot.degraded, .dot.creating, .dot.starting { background: var(--warn); }
        .dot.down { background: var(--bad); }

        .problem, .reason { overflow-wrap: anywhere; }
        .problem { background: var(--warn-ground); color: var(--warn); border-radius: 8px; padding: 8px 12px; margin-bottom: 10px; }
        .reason { color: var(--warn); font-size: 13px; grid-column: 1 / -1; }

        .addresses { display: flex; flex-wrap: wrap; gap: 10px 28px; }
        .addresses dt { font-size: 12px; color: var(--soft); }
        .addresses dd { display: flex; align-items: center; gap: 8px; min-height: 28px; overflow-wrap: anywhere; }
        .addresses code { font-size: 14px; }
        .copy { font-size: 12px; padding: 1px 8px; color: var(--soft); }
        .copy.done { color: var(--good); border-color: currentColor; }

        .instances { margin-top: 14px; border-top: 1px solid var(--line); }
        .instances li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 4px 20px; padding: 10px 0; border-bottom: 1px solid var(--line); }
        .instances li:last-child { border-bottom: 0; padding-bottom: 0; }
        .who { color: var(--soft); }
        .who .dot { margin-right: 8px; }
        .who strong { color: var(--ink); font-weight: 600; margin-right: 4px; }
        .memory { display: flex; align-items: center; gap: 10px; font-size: 13px; color: var(--soft); font-variant-numeric: tabular-nums; }
        .figures { font-size: 13px; color: var(--soft); grid-column: 1 / -1; font-variant-numeric: tabular-nums; }
        meter { width: 110px; height: 8px; appearance: none; border: 0; border-radius: 99px; background: var(--idle-ground); overflow: hidden; }
        meter::-webkit-meter-bar { display: block; grid-row: 1 / -1; block-size: 8px; background: var(--idle-ground); border: 0; }
        meter::-webkit-meter-optimum-value { background: var(--good); }
        meter::-webkit-meter-suboptimum-value { background: var(--warn); }
        meter:-moz-meter-optimum::-moz-meter-bar { background: var(--good); }
        meter:-moz-meter-sub-optimum::-moz-meter-bar { background: var(--warn); }

        .events ol { display: grid; gap: 2px; }
        .events li { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 12px; padding: 8px 0; border-top: 1px solid var(--line); }
        .events li:first-child { border-top: 0; padding-top: 0; }
        .events time { color: var(--soft); font-size: 12px; line-height: 20px; font-variant-numeric: tabular-nums; }
        .events p { font-size: 13px; color: var(--soft); overflow-wrap: anywhere; }
        .kind { font-size: 14px; font-weight: 600; }
        .bad .kind { color: var(--bad); }
        .subject { font-family: var(--mono); font-size: 12px; color: var(--soft); overflow-wrap: anywhere; }
        .empty { color: var(--soft); }
        section.empty h2 { color: var(--ink); }
        .bottom { max-width: 1280px; margin: 0 auto; padding: 0 24px 32px; color: var(--soft); font-size: 13px; }

        .door { min-height: 100vh; display: grid; place-items: center; }
        .door main { width: min(100%, 420px); background: var(--card); border: 1px solid var(--line); border-radius: 16px; box-shadow: var(--shadow); padding: 32px; margin: 16px; }
        .door .brand { font-size: 24px; margin-bottom: 20px; }
        .door form { display: grid; gap: 8px; margin-top: 20px; }
        .door label { color: var(--soft); font-size: 14px; }
        .door input { font: inherit; width: 100%; padding: 8px 12px; border-radius: 8px; border: 1px solid var(--line); background: var(--ground); color: var(--ink); }
        .door form button { background: var(--accent); border-color: var(--accent); color: var(--card); font-weight: 600; padding: 8px; }

        @media (max-width: 960px) { .columns { grid-template-columns: minmax(0, 1fr); } }
        @media (max-width: 560px) {
          .top { padding: 10px 16px; }
          main { padding: 16px; }
          h1 { font-size: 20px; }
          .service, .events, section.empty { padding: 14px 16px; }
          .engine { margin-left: 0; width: 100%; }
          .instances li { grid-template-columns: minmax(0, 1fr); }
          .copy { padding: 5px 12px; }
          .bottom { padding: 0 16px 24px; }
        }

        """#
}
