/// The API's description, OpenAPI 3.1. A test compares it with the routes and the bodies.
enum OpenAPI {
    private static var paths: String {
        [
            applicationPaths, servicePaths, snapshotPaths, clonePaths, templatePaths, machinePaths, pagePaths,
        ].joined(separator: ",\n")
    }

    private static var schemas: String {
        [serviceSchemas, cloneSchemas, templateSchemas, machineSchemas].joined(separator: ",\n")
    }

    static func document(version: String) -> String {
        #"""
        {
        "openapi": "3.1.0",
        "info": {
        "title": "Roost",
        "version": "\#(version)",
        "description": "Databases on your own machines. Over the Unix socket whoever may open it is an administrator; over TCP every request needs a token. Times are RFC 3339 in UTC, lists are {items: […]}, fields without a value are null. Unknown fields and query items are refused."
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [
        {"name": "applications", "description": "what a build file declares"},
        {"name": "services", "description": "one database each"},
        {"name": "snapshots", "description": "images of a service's data"},
        {"name": "clones", "description": "private copies that are thrown away"},
        {"name": "templates", "description": "finished images that clones are made from"},
        {"name": "storage", "description": "where it all stands, and the pool"},
        {"name": "operations", "description": "long work, to be waited for"},
        {"name": "events", "description": "what happened"},
        {"name": "machine", "description": "what it all runs on"},
        {"name": "access", "description": "tokens, and the way into the page"},
        {"name": "page", "description": "for browsers"}
        ],
        "paths": {
        \#(paths)
        },
        "components": {
        "securitySchemes": {
        "token": {"type": "http", "scheme": "bearer", "description": "made by `roost token add NAME --scope SCOPE` (`admin`, `read`, `app:NAME`)"},
        "session": {"type": "apiKey", "in": "cookie", "name": "roost_session_PORT", "description": "the page's"}
        },
        "parameters": {
        \#(parameters)
        },
        "responses": {
        "OperationDone": {
        "description": "`wait=ready` was given, or nothing is left to do",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
        },
        "OperationBegun": {
        "description": "the work has begun",
        "headers": {
        "Location": {"description": "where the operation is", "schema": {"type": "string"}}
        },
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
        },
        "Problem": {
        "description": "what went wrong, by a stable code",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        }
        },
        "schemas": {
        \#(schemas)
        }
        }
        }

        """#
    }
}
