/// All calls that the HTTP API offers, by feature, as values. The server only translates requests to these calls; the
/// control plane carries them out. Every call may throw `Problem`.
package struct Platform: Sendable {
    package let applications: any ApplicationsAPI
    package let pushes: any PushAPI
    package let services: any ServicesAPI
    package let instances: any InstancesAPI
    package let pauses: any PausesAPI
    package let accounts: any AccountsAPI
    package let imports: any ImportsAPI
    package let snapshots: any SnapshotsAPI
    package let clones: any ClonesAPI
    package let cloneServers: any CloneServersAPI
    package let myaas: any MyaasAPI
    package let templates: any TemplatesAPI
    package let storage: any StorageAPI
    package let operations: any OperationsAPI
    package let events: any EventsAPI
    package let notifications: any NotificationsAPI
    package let engines: any EnginesAPI
    package let machine: any MachineAPI
    package let access: any AccessAPI
    /// True once requests can be served.
    package let isReady: @Sendable () -> Bool

    package init(
        applications: any ApplicationsAPI,
        pushes: any PushAPI,
        services: any ServicesAPI,
        instances: any InstancesAPI,
        pauses: any PausesAPI,
        accounts: any AccountsAPI,
        imports: any ImportsAPI,
        snapshots: any SnapshotsAPI,
        clones: any ClonesAPI,
        cloneServers: any CloneServersAPI,
        myaas: any MyaasAPI,
        templates: any TemplatesAPI,
        storage: any StorageAPI,
        operations: any OperationsAPI,
        events: any EventsAPI,
        notifications: any NotificationsAPI,
        engines: any EnginesAPI,
        machine: any MachineAPI,
        access: any AccessAPI,
        isReady: @escaping @Sendable () -> Bool
    ) {
        self.applications = applications
        self.pushes = pushes
        self.services = services
        self.instances = instances
        self.pauses = pauses
        self.accounts = accounts
        self.imports = imports
        self.snapshots = snapshots
        self.clones = clones
        self.cloneServers = cloneServers
        self.myaas = myaas
        self.templates = templates
        self.storage = storage
        self.operations = operations
        self.events = events
        self.notifications = notifications
        self.engines = engines
        self.machine = machine
        self.access = access
        self.isReady = isReady
    }
}
