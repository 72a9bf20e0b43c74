/// The API's description, OpenAPI 3.1. A test compares it with the routes and the bodies.
enum OpenAPI {
    private static var paths: String {
        [
            applicationPaths, servicePaths, pausePaths, failoverPaths, comparisonPaths, snapshotPaths, clonePaths,
            templatePaths, machinePaths, notifyPaths, pagePaths,
        ].joined(separator: ",\n")
    }

    private static var schemas: String {
        [
            serviceSchemas, pauseSchemas, failoverSchemas, promotionSchemas, comparisonSchemas, accountSchemas,
            cloneSchemas,
            templateSchemas, machineSchemas, notifySchemas,
        ].joined(separator: ",\n")
    }

    static func document(version: String) -> String {
        #"""
        {
        "openapi": "3.1.0",
        "info": {
        "title": "Roost",
        "version": "\#(version)",
        "description": "Databases on your own machines. Everyone who can open the Unix socket is an administrator; over TCP, every request needs a token. Times are RFC 3339 in UTC, lists are {items: […]}, and fields without a value are null. Unknown fields and query parameters are rejected."
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [
        {"name": "applications", "description": "groups of services, declared in a build file"},
        {"name": "services", "description": "databases of an application"},
        {"name": "snapshots", "description": "images of a service's data"},
        {"name": "clones", "description": "disposable private copies"},
        {"name": "templates", "description": "images that clones are made from"},
        {"name": "storage", "description": "storage of databases, and the pool"},
        {"name": "operations", "description": "long-running work"},
        {"name": "events", "description": "log of what happened"},
        {"name": "machine", "description": "the machine, its engines and its health"},
        {"name": "access", "description": "tokens and sign-in"},
        {"name": "page", "description": "for browsers"}
        ],
        "paths": {
        \#(paths)
        },
        "components": {
        "securitySchemes": {
        "token": {"type": "http", "scheme": "bearer", "description": "created with `roost token add NAME --scope SCOPE` (`admin`, `read`, `app:NAME`)"},
        "session": {"type": "apiKey", "in": "cookie", "name": "roost_session_PORT", "description": "session cookie of the page"}
        },
        "parameters": {
        \#(parameters)
        },
        "responses": {
        "OperationDone": {
        "description": "done: `wait=ready` was given, or nothing changes",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
        },
        "OperationBegun": {
        "description": "the operation has started",
        "headers": {
        "Location": {"description": "URL of the operation", "schema": {"type": "string"}}
        },
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
        },
        "Problem": {
        "description": "the error, with a stable code",
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
