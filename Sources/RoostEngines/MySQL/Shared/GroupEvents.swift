import RoostModel

extension ServerPlan {
    /// Whether the service's events run, which only a group's primary does: the configuration asks for the scheduler.
    var runsEvents: Bool {
        settings.config.contains { name, value in
            SettingText.normalised(name) == "event_scheduler" && ["on", "1"].contains(value.lowercased())
        }
    }
}
