import Testing

@testable import RoostModel

@Suite struct HintAddressTests {
    @Test(arguments: [
        (
            "shop", "see 'roost logs SERVICE'; 'roost restart SERVICE' would end it",
            "see 'roost logs data'; 'roost restart data' would end it"
        ),
        ("shop", "'roost run SERVICE -- redis-cli SCRIPT KILL'", "'roost run data -- redis-cli SCRIPT KILL'"),
        (
            "shop",
            "restore one with 'roost snapshot restore SERVICE', or 'roost user add SERVICE NAME' ROOST SERVICES",
            "restore one with 'roost snapshot restore data', or 'roost user add data NAME' ROOST SERVICES"
        ),
        ("shop", "'roost snapshot new SERVICE --stop'", "'roost snapshot new data --stop'"),
        ("shop", "SERVICE is no command", "SERVICE is no command"),
        ("_clones", "see 'roost logs SERVICE'", "see 'roost logs SERVICE'"),
    ])
    func anEnginesTextNamesTheService(_ application: String, _ text: String, _ told: String) {
        let service = ServiceID(ApplicationName(checked: application), ServiceName(checked: "data"))
        #expect(Hint.addressed(text, to: service) == told)
    }
}
