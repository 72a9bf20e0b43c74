import RoostModel
import Testing

@testable import RoostControlPlane

@Suite struct ImportTests {
    @Test func whatWasLoadedIsCountedAndNamesTheService() {
        let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))
        let one = LoadReport(
            statements: 1, notes: ["'roost user add SERVICE NAME' makes accounts"], content: LoadContent())
        #expect(Importer.counts(one) == " (1 statement: 0 tables, 0 rows)")
        #expect(Importer.notes(one, id) == ["'roost user add data NAME' makes accounts", LoadContent.emptyNote])
        let full = LoadReport(statements: 7, content: LoadContent(tables: 1, rows: 30))
        #expect(Importer.counts(full) == " (7 statements: 1 table, 30 rows)" && Importer.notes(full, id).isEmpty)
        // The report of a format that does not tell.
        #expect(Importer.counts(LoadReport()).isEmpty && Importer.notes(LoadReport(), id).isEmpty)
    }

    @Test func theWayBackNamesTheSnapshotAndTheApplication() {
        let id = ServiceID(ApplicationName(checked: "ramen"), ServiceName(checked: "data"))
        #expect(Importer.wayBack("s1", id).contains("roost snapshot restore data s1 -A ramen"))
        #expect(Importer.wayBack(nil, id).contains("no snapshot"))
    }
}
