import Generations
import Testing

@testable import sse_relay

/// The files that are made from the table of variables.
@Suite struct GeneratedFileTests {
    @Test func `the example file is what the command prints`() throws {
        try GeneratedFile(path: ".env.example").expect(EnvExample.text)
    }

    @Test func `the page about configuration has the table of variables`() throws {
        try GeneratedFile(path: "docs/configuration.md").expectRegion(ConfigurationPage.tables)
    }

    @Test func `the page about limits has all that can be set, and what is built in`() throws {
        try GeneratedFile(path: "docs/limits.md").expectRegion(LimitsPage.tables)
        for variable in LimitSettings.group.variables + LimitSettings.connectionGroup.variables {
            #expect(LimitsPage.tables.contains("`\(variable.name)` = "), "\(variable.name)")
        }
    }

    @Test func `the example file can be read, and sets nothing`() throws {
        #expect(try DotEnv.parse(EnvExample.text, name: ".env.example").isEmpty)
    }

    @Test(arguments: VariableTable.all.map(\.name))
    func `the example of a variable would do`(name: String) throws {
        let variable = try #require(VariableTable.all.first { $0.name == name })
        // The folder of the page is where the tests are started from, or none.
        guard variable.name != ListeningSettings.staticFolder.name else { return }
        // Files that exist only where they were made, and a secret that would be everybody's.
        let own = [
            FilterSettings.file.name, AccessSettings.keys.name, TokenSettings.secret.name,
            AccessSettings.secret.name, TokenSettings.keyFile.name, TokenSettings.issuer.name,
            TokenSettings.audiences.name, TokenSettings.scopes.name,
        ]
        guard !own.contains(variable.name) else { return }
        let values = [
            ListeningSettings.staticFolder.name: "", ModelSettings.anthropicKey.name: "k",
            ModelSettings.openAIKey.name: "k",
        ].merging([name: variable.example]) { $1 }
        let settings = try Settings(environment: Environment(values))
        #expect(!variable.example.isEmpty)
        #expect(settings.models.upstreams.count == 2)
    }

    @Test func `every variable is explained, in one line and in a paragraph`() {
        for variable in VariableTable.all {
            #expect(variable.summary.count <= 88, "\(variable.name)")
            #expect(!variable.summary.contains("\n") && !variable.summary.hasSuffix("."))
            #expect(variable.words.hasSuffix(".") && !variable.words.contains("\n"))
            // A cell of a table ends at a bar, and < begins a tag outside of code.
            #expect(!variable.words.contains("|"))
        }
        #expect(Set(VariableTable.all.map(\.name)).count == VariableTable.all.count)
    }
}
