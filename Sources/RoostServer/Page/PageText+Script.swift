extension PageText {
    /// Keeps the page fresh: an event brings a newly rendered page, whose `main` replaces the old one.
    static let script = #"""
        "use strict";
        (() => {
          const live = document.getElementById("live");
          let pending = 0;
          let asking = false;

          // Times in the reader's own zone.
          function localize(root) {
            for (const time of root.querySelectorAll("time[datetime]")) {
              const date = new Date(time.dateTime);
              const today = date.toDateString() === new Date().toDateString();
              time.textContent = today
                ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" })
                : date.toLocaleDateString([], { month: "short", day: "numeric" });
              time.title = date.toLocaleString();
            }
            for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
            document.getElementById("zone").textContent = "your local time";
          }

          async function refresh() {
            if (asking) return schedule(1000);
            asking = true;
            try {
              const answer = await fetch("/", { credentials: "same-origin" });
              const page = new DOMParser().parseFromString(await answer.text(), "text/html");
              const fresh = page.getElementById("overview");
              if (answer.status === 401) return location.reload();
              if (!answer.ok || !fresh) return;
              // Do not take text away under a reader who is selecting it.
              if (String(getSelection())) return schedule(2000);
              const old = document.getElementById("overview");
              const focused = document.activeElement?.dataset?.copy;
              old.replaceWith(fresh);
              document.title = page.title;
              localize(fresh);
              if (focused) fresh.querySelector(`[data-copy="${CSS.escape(focused)}"]`)?.focus();
            } catch {
              // The daemon is away; the stream tells when it is back.
            } finally {
              asking = false;
            }
          }

          // Many events at once make one refresh.
          function schedule(delay) {
            if (!pending) pending = setTimeout(() => { pending = 0; refresh(); }, delay);
          }

          async function copy(button) {
            const text = button.dataset.copy;
            try {
              await navigator.clipboard.writeText(text);
              button.textContent = "copied";
              button.classList.add("done");
              setTimeout(() => { button.textContent = "copy"; button.classList.remove("done"); }, 1500);
            } catch {
              // Browsers keep the clipboard from pages without TLS on other hosts: select the text instead.
              getSelection().selectAllChildren(button.previousElementSibling);
            }
          }

          document.addEventListener("click", (event) => {
            const button = event.target.closest("[data-copy]");
            if (button) copy(button);
          });
          document.addEventListener("visibilitychange", () => { if (!document.hidden) schedule(0); });
          // Figures change without an event.
          setInterval(() => { if (!document.hidden) schedule(0); }, 15000);

          const stream = new EventSource("/live");
          let opened = false;
          stream.onopen = () => {
            live.hidden = false;
            live.textContent = "live";
            live.classList.remove("lost");
            if (opened) schedule(0);
            opened = true;
          };
          stream.onmessage = () => schedule(200);
          stream.onerror = () => {
            live.hidden = false;
            live.textContent = "reconnecting";
            live.classList.add("lost");
            // Refused rather than cut: the session has ended, which the next look at the page shows.
            if (stream.readyState === EventSource.CLOSED) schedule(2000);
          };
          localize(document);
        })();

        """#
}
