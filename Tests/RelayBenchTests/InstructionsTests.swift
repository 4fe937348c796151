import Testing

@testable import relay_bench

@Suite struct InstructionsTests {
    private static let kept = KeptFigures(
        versions: "libc 2.36",
        figures: [
            InstructionFigure(name: "paced_token", value: 20_000),
            InstructionFigure(name: "short_answer_request", value: 400_000),
        ]
    )

    @Test func theTotalOfCallgrindsOutputIsFound() {
        let text =
            "# callgrind format\nversion: 1\nsummary: 12\n\nfn=(1) totals\n1 2\n\ntotals: 345\n"
        #expect(Callgrind.totalInstructions(text) == 345)
        #expect(Callgrind.totalInstructions("version: 1\nsummary: 12\n") == nil)
    }

    @Test func whatIsKeptIsReadBackAsItWasWritten() throws {
        #expect(try KeptFigures(Self.kept.text) == Self.kept)
    }

    @Test func aKeptFileThatMakesNoSenseIsRefused() {
        let head = "# Taken with: libc 2.36\n"
        #expect(throws: KeptFiguresError.badLine(2, "paced_token")) {
            try KeptFigures(head + "paced_token\n")
        }
        #expect(throws: KeptFiguresError.badLine(3, "paced_token -5")) {
            try KeptFigures(head + "\npaced_token -5\n")
        }
        #expect(throws: KeptFiguresError.noVersions("# Taken with: ")) {
            try KeptFigures("paced_token 5\n")
        }
    }

    @Test func aTenthMoreIsLeftAloneAndWhatIsAboveIsNamed() {
        let within = [
            InstructionFigure(name: "paced_token", value: 22_000),
            InstructionFigure(name: "short_answer_request", value: 100_000),
        ]
        #expect(Self.kept.objections(to: within).isEmpty)
        let above = [
            InstructionFigure(name: "paced_token", value: 22_100),
            InstructionFigure(name: "short_answer_request", value: 400_000),
        ]
        #expect(
            Self.kept.objections(to: above) == [
                "paced_token takes 22100 instructions, 10.5 % more than the 20000 kept"
            ]
        )
    }

    @Test func aFigureThatIsMissingOnEitherSideIsNamed() {
        let counted = [
            InstructionFigure(name: "paced_token", value: 20_000),
            InstructionFigure(name: "full_speed_token", value: 1),
        ]
        #expect(
            Self.kept.objections(to: counted) == [
                "full_speed_token has no kept figure",
                "short_answer_request is kept, but was not counted",
            ]
        )
    }

    @Test func aFilterThatAddsMoreThanAFifthIsNamed() {
        func objection(_ filtered: Double) -> String? {
            FilteredWords.objection(to: [
                InstructionFigure(name: "paced_token", value: 10_000),
                InstructionFigure(name: "filtered_token", value: filtered),
            ])
        }
        #expect(FilteredWords.words.count == 100)
        #expect(objection(12_000) == nil)
        #expect(objection(12_100)?.contains("21.0 %") == true)
    }

    @Test func theDearestPairIsComparedWithTheCheapest() throws {
        let figures = [3000, 2000, 2500].map { InstructionFigure(name: "a to b", value: $0) }
        #expect(PairCases.ratio(figures) == 1.5)
        #expect(PairCases.ratio([]) == nil)
        #expect(try InstructionArguments(["--pairs", "daemon"]).countsPairs == false)
    }

    @Test func theArgumentsSayWhatToCountAndWhatToDoWithIt() throws {
        let words = ["--kept", "file", "--check", "--versions", "libc 2.36", "daemon"]
        let arguments = try InstructionArguments(words)
        #expect(arguments.daemon == "daemon")
        #expect(arguments.keptPath == "file")
        #expect(arguments.purpose == .check)
        #expect(arguments.versions == "libc 2.36")
    }

    @Test(arguments: [
        (["--check", "daemon"], BenchArgumentError.noKeptFile),
        (["--kept"], .missingValue("--kept")),
        ([], .noDaemon),
        (["daemon", "other"], .unknown("other")),
        (["--fast", "daemon"], .unknown("--fast")),
    ])
    func argumentsThatCannotBeFollowedAreRefused(
        _ words: [String],
        _ error: BenchArgumentError
    ) {
        #expect(throws: error) { try InstructionArguments(words) }
    }
}
