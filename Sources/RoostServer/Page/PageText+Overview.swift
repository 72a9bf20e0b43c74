extension PageText {
    static let overview = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{summary}} · Roost</title>
        <link rel="icon" href="/assets/roost.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/assets/roost.css">
        <script src="/assets/roost.js" defer></script>
        </head>
        <body>
        <header class="top">
        <a class="brand" href="/"><img src="/assets/roost.svg" alt="" width="28" height="28">Roost</a>
        <span class="machine">{{machine}}</span>
        <span class="live" id="live" hidden>live</span>
        <form method="post" action="/sign-out"><button class="quiet">Sign out</button></form>
        </header>
        <main id="overview">
        <section class="summary {{summaryState}}">
        <h1><span class="dot {{summaryState}}" aria-hidden="true"></span>{{summary}}</h1>
        <ul class="facts">{{#facts}}<li>{{.}}</li>{{/facts}}</ul>
        </section>
        <div class="columns">
        <div class="applications">
        {{#hasNone}}
        <section class="empty">
        <h2>Nothing here yet</h2>
        <p>Declare a database in <code>roost.yml</code>, then:</p>
        <pre><code>roost create ramen
        roost push</code></pre>
        <p>It then appears here automatically.</p>
        </section>
        {{/hasNone}}
        {{#applications}}
        <section class="application" aria-label="application {{name}}">
        <h2>{{name}} {{^isEmpty}}<span class="badge {{state}}">{{state}}</span>{{/isEmpty}}</h2>
        {{#isEmpty}}<p class="empty">No services yet. Run <code>roost push</code> to create them from the build file.</p>{{/isEmpty}}
        {{#services}}
        <article class="service">
        <header>
        <h3>{{name}}</h3>
        <span class="badge {{state}}">{{state}}</span>
        <span class="engine">{{type}} · {{engine}}</span>
        </header>
        {{#problems}}<p class="problem">{{.}}</p>{{/problems}}
        <dl class="addresses">
        <div><dt>endpoint</dt><dd><code>{{address}}</code><button class="copy" data-copy="{{address}}" hidden>copy</button></dd></div>
        {{#readAddress}}<div><dt>reads</dt><dd><code>{{.}}</code><button class="copy" data-copy="{{.}}" hidden>copy</button></dd></div>{{/readAddress}}
        <div><dt>user</dt><dd><code>{{user}}</code></dd></div>
        <div><dt>database</dt><dd><code>{{database}}</code></dd></div>
        </dl>
        <ul class="instances">
        {{#instances}}
        <li>
        <div class="who"><span class="dot {{state}}" aria-hidden="true"></span><strong>{{name}}</strong> {{role}} · {{state}} · {{process}}</div>
        {{#meters}}<div class="memory"><meter min="0" max="{{limit}}" high="{{high}}" value="{{used}}" aria-label="memory of {{name}}">{{text}}</meter><span>{{text}}</span></div>{{/meters}}
        <div class="figures">{{figures}}</div>
        {{#reasons}}<p class="reason">{{.}}</p>{{/reasons}}
        </li>
        {{/instances}}
        </ul>
        <footer>{{limits}} · durability {{durability}} · expose {{exposure}}</footer>
        </article>
        {{/services}}
        </section>
        {{/applications}}
        </div>
        <section class="events" aria-label="recent events">
        <h2>Events</h2>
        {{#hasNoEvents}}<p class="empty">Nothing has happened yet.</p>{{/hasNoEvents}}
        <ol>
        {{#events}}
        <li class="{{tone}}"><time datetime="{{time}}" title="{{time}}">{{clock}}</time><div><span class="kind">{{kind}}</span> <span class="subject">{{subject}}</span><p>{{message}}</p></div></li>
        {{/events}}
        </ol>
        </section>
        </div>
        </main>
        <footer class="bottom">Roost {{version}} · <code>roost info SERVICE</code> shows a service, <code>roost url SERVICE</code> its URL with the password · times are <span id="zone">UTC</span></footer>
        </body>
        </html>

        """#
}
