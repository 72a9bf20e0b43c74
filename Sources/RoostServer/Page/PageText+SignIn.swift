extension PageText {
    static let signIn = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Sign in · Roost</title>
        <link rel="icon" href="/assets/roost.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/assets/roost.css">
        </head>
        <body class="door">
        <main>
        <p class="brand"><img src="/assets/roost.svg" alt="" width="40" height="40">Roost</p>
        {{#messages}}<p class="problem" role="alert">{{.}}</p>{{/messages}}
        <p>On the machine itself, this command opens the page with a one-time link:</p>
        <pre><code>roost open</code></pre>
        <form method="post" action="/sign-in">
        <label for="token">Or sign in with a token</label>
        <input id="token" name="token" type="password" required autocomplete="off" spellcheck="false">
        <button>Sign in</button>
        </form>
        </main>
        </body>
        </html>

        """#

    /// A document that redirects to the page, as a navigation that begins on this site.
    static let leadOn = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="refresh" content="0; url=/">
        <title>Roost</title>
        <link rel="stylesheet" href="/assets/roost.css">
        </head>
        <body class="door"><main><p><a href="/">Continue to Roost</a></p></main></body>
        </html>

        """#
}
