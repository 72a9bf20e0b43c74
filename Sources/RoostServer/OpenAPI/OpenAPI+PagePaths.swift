extension OpenAPI {
    /// Members of `paths`: the page.
    static let pagePaths = #"""
        "/": {
          "get": {
            "operationId": "page",
            "tags": ["page"],
            "summary": "The page, or the way in",
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
            "summary": "Enter by a one-time address",
            "security": [],
            "parameters": [
              {"name": "code", "in": "query", "description": "the one-time code", "schema": {"type": "string"}}
            ],
            "responses": {
              "200": {
                "description": "signed in; leads on to the page",
                "content": {"text/html": {"schema": {"type": "string"}}}
              },
              "303": {"description": "signed in; to the page"},
              "401": {
                "description": "the code is used or too old",
                "content": {"text/html": {"schema": {"type": "string"}}}
              },
              "429": {"$ref": "#/components/responses/Problem"}
            }
          },
          "post": {
            "operationId": "redeemToken",
            "tags": ["page"],
            "summary": "Enter with a token",
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
                "description": "signed in; leads on to the page",
                "content": {"text/html": {"schema": {"type": "string"}}}
              },
              "303": {"description": "signed in; to the page"},
              "401": {
                "description": "the token is not known",
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
            "summary": "Leave",
            "security": [],
            "responses": {
              "303": {"description": "signed out; to the way in"},
              "403": {"$ref": "#/components/responses/Problem"}
            }
          }
        },
        "/live": {
          "get": {
            "operationId": "live",
            "tags": ["page"],
            "summary": "The page's own events",
            "security": [{"session": []}, {"token": []}],
            "responses": {
              "200": {
                "description": "as `/v1/events`, as far as the session may see",
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
            "summary": "The page's style",
            "security": [],
            "responses": {
              "200": {"description": "the style", "content": {"text/css": {"schema": {"type": "string"}}}}
            }
          }
        },
        "/assets/roost.js": {
          "get": {
            "operationId": "script",
            "tags": ["page"],
            "summary": "The page's script",
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
            "summary": "The page's icon",
            "security": [],
            "responses": {
              "200": {"description": "the icon", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}
            }
          }
        }
        """#
}
