import Wire

/// The figures that the repository keeps: one line `name value` for each, and comments after `#`.
///
/// Another compiler, libc or libcurl changes the numbers without a change of ours, so the file says
/// which ones its figures were taken with, in the line `# Taken with: …`.
struct KeptFigures: Equatable {
    /// The factor by which a figure may exceed the kept one before the check fails.
    static let room = 1.1

    private static let versionMark = "# Taken with: "

    let versions: String
    let figures: [InstructionFigure]

    init(versions: String, figures: [InstructionFigure]) {
        self.versions = versions
        self.figures = figures
    }

    /// Reads the file's text.
    init(_ text: String) throws(KeptFiguresError) {
        var versions: String?
        var figures: [InstructionFigure] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if line.hasPrefix(Self.versionMark) {
                versions = String(line.dropFirst(Self.versionMark.count))
            }
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            let words = line.split(separator: " ")
            guard words.count == 2, let value = parseDecimal(String(words[1])), value > 0 else {
                throw .badLine(index + 1, String(line))
            }
            figures.append(InstructionFigure(name: String(words[0]), value: Double(value)))
        }
        guard let versions else { throw .noVersions(Self.versionMark) }
        self.versions = versions
        self.figures = figures
    }

    /// The file's text.
    var text: String {
        var text = """
            # Instructions that the release daemon takes, counted by callgrind. scripts/test --thorough
            # fails when one takes a tenth more than it says here; a change that is worth its price says
            # so by writing this file anew: scripts/bench --quick --keep
            \(Self.versionMark)\(versions)

            """
        for figure in figures { text += "\(figure.name) \(Int(figure.value.rounded()))\n" }
        return text
    }

    /// One line for each figure that exceeds its bound or is missing in one of the two.
    func objections(to counted: [InstructionFigure]) -> [String] {
        var objections: [String] = []
        for figure in counted {
            guard let kept = self[figure.name] else {
                objections.append("\(figure.name) has no kept figure")
                continue
            }
            guard figure.value > kept * Self.room else { continue }
            objections.append(
                "\(figure.name) takes \(Format.fixed(figure.value, 0)) instructions,"
                    + " \(Format.fixed((figure.value / kept - 1) * 100, 1)) % more than the"
                    + " \(Format.fixed(kept, 0)) kept"
            )
        }
        for kept in figures where !counted.contains(where: { $0.name == kept.name }) {
            objections.append("\(kept.name) is kept, but was not counted")
        }
        return objections
    }

    /// The kept value of a name.
    subscript(name: String) -> Double? {
        figures.first { $0.name == name }?.value
    }
}

/// Why a file of kept figures cannot be read.
enum KeptFiguresError: Error, Equatable, CustomStringConvertible {
    case badLine(Int, String)
    case noVersions(String)

    var description: String {
        switch self {
        case .badLine(let number, let line):
            "line \(number) of the kept figures is \"\(line)\"; expected a name and a whole number"
        case .noVersions(let mark):
            "the kept figures do not say what they were taken with; expected a line \"\(mark)…\""
        }
    }
}
