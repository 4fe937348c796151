/// Rows and columns of text, the first column aligned to the left and the others to the right.
struct TextTable {
    let header: [String]
    var rows: [[String]] = []

    /// The table for a terminal.
    var text: String {
        let all = [header] + rows
        let widths = header.indices.map { column in
            all.map { $0[column].count }.max() ?? 0
        }
        var text = ""
        for row in all {
            var line = ""
            for (column, cell) in row.enumerated() {
                let width = widths[column]
                line += column == 0 ? Format.left(cell, width) : "  " + Format.right(cell, width)
            }
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return text
    }

    /// The table for a page.
    var markdown: String {
        let rule = header.indices.map { $0 == 0 ? "---" : "---:" }
        return ([header, rule] + rows)
            .map { "| " + $0.joined(separator: " | ") + " |\n" }
            .joined()
    }
}
