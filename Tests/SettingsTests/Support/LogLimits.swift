@testable import Generations
@testable import HTTPServer
@testable import Relay
@testable import Storage

/// The limits of what is logged, for the page about limits.
enum LogLimits {
    static var audits: [LimitsPage.Row] {
        [
            LimitsPage.Row(
                "lines that wait for the disk",
                "\(LineFile.maxPendingBytes) bytes",
                "they are lost and counted; requests go on"
            ),
            LimitsPage.Row("a value of a line", "\(LoggedText.maxBytes) bytes", "it is cut off"),
            LimitsPage.Row(
                "refusals with a line, for each loop",
                "\(Audit.maxRefusalsPerSecond) in a second",
                "they are counted in `passed_over`"
            ),
        ]
    }

    static var lines: [LimitsPage.Row] {
        [
            LimitsPage.Row(
                "a line",
                "\(LogLine.maxBytes) bytes",
                "its values and its words are cut off; fields without room are left out"
            ),
            LimitsPage.Row("a value of a line", "\(LogLine.maxValueBytes) bytes", "it is cut off"),
            LimitsPage.Row(
                "a text with `RELAY_LOG_CONTENT=1`",
                "\(ShownText.maxBytes) bytes",
                "`more_bytes` counts the rest"
            ),
            LimitsPage.Row(
                "an `X-Request-Id`",
                "\(RequestID.maxBytes) visible characters of ASCII",
                "it is neither logged nor given back"
            ),
        ]
    }
}
