extension OpenAPI {
    /// Members of `paths`: the page.
    static let pagePaths = #"""
        "/": {
          "get": {
            "operationId": "page",
            "tags": ["page"],
            "summary": "Show the page, or the sign-in form",
            "security": [],
            "responses": {
              "200": {
                "description": "applications, services, instances and events",
                "content": {"text/html": {"schema": {"type": "string"}}}
              },
              "401": {"description": "how to sign in", "content": {"text/html": {"schema": {"type": "string"}}}}
            }
          }
        },
        "/sign-in": {
          "get": {
            "operationId": "redeemCode",
            "tags": ["page"],
            "summary": "Sign in with a one-time URL",
            "security": [],
            "parameters": [
              {"name": "code", "in": "query", "description": "the one-time code", "schema": {"type": "string"}}
            ],
            "responses": {
              "200": {
                "description": "signed in; redirects to the page",
                "content": {"text/html": {"schema": {"type": "string"}}}
              },
              "303": {"description": "signed in; redirects to the page"},
              "401": {
                "description": "the code was used or has expired",
                "content": {"text/html": {"schema": {"type": "string"}}}
              },
              "429": {"$ref": "#/components/responses/Problem"}
            }
          },
          "post": {
            "operationId": "redeemToken",
            "tags": ["page"],
            "summary": "Sign in with a token",
            "security": [],
            "requestBody": {
              "required": true,
              "content": {
                "application/x-www-form-urlencoded": {
                  "schema": {"type": "object", "required": ["token"], "properties": {"token": {"type": "string"}}}
                }
              }
            },
            "responses": {
              "200": {
                "description": "signed in; redirects to the page",
                "content": {"text/html": {"schema": {"type": "string"}}}
              },
              "303": {"description": "signed in; redirects to the page"},
              "401": {
                "description": "unknown token",
                "content": {"text/html": {"schema": {"type": "string"}}}
              },
              "403": {"$ref": "#/components/responses/Problem"},
              "413": {"$ref": "#/components/responses/Problem"},
              "429": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/sign-out": {
          "post": {
            "operationId": "signOut",
            "tags": ["page"],
            "summary": "Sign out",
            "security": [],
            "responses": {
              "303": {"description": "signed out; redirects to the sign-in form"},
              "403": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/live": {
          "get": {
            "operationId": "live",
            "tags": ["page"],
            "summary": "Stream events for the page",
            "security": [{"session": []}, {"token": []}],
            "responses": {
              "200": {
                "description": "as `/v1/events`, limited to what the session may see",
                "content": {"text/event-stream": {"schema": {"type": "string"}}}
              },
              "default": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/assets/roost.css": {
          "get": {
            "operationId": "style",
            "tags": ["page"],
            "summary": "Style sheet of the page",
            "security": [],
            "responses": {
              "200": {"description": "the style sheet", "content": {"text/css": {"schema": {"type": "string"}}}}
            }
          }
        },
        "/assets/roost.js": {
          "get": {
            "operationId": "script",
            "tags": ["page"],
            "summary": "Script of the page",
            "security": [],
            "responses": {
              "200": {"description": "the script", "content": {"text/javascript": {"schema": {"type": "string"}}}}
            }
          }
        },
        "/assets/roost.svg": {
          "get": {
            "operationId": "icon",
            "tags": ["page"],
            "summary": "Icon of the page",
            "security": [],
            "responses": {
              "200": {"description": "the icon", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}
            }
          }
        }
        """#
}
