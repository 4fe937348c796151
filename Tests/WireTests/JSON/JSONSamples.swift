extension JSONConformanceTests {
    /// Texts of the kind that JSONTestSuite calls `y_`.
    static let mustBeAccepted: [String] = [
        // Arrays.
        "[]", "[[]   ]", "[\"\"]", "[\"a\"]", "[false]", "[null, 1, \"1\", {}]", "[null]", "[1\n]",
        " [1]", "[1,null,null,null,2]", "[2] ", "[\n\t\r 1 ,\r\n2 ]", "[[[[[[[[]]]]]]]]",
        // Numbers.
        "[123e65]", "[0e+1]", "[0e1]", "[ 4]", "[20e1]", "[-0]", "[-123]", "[-1]", "[1E22]",
        "[1E-2]", "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]", "[1e+2]", "[123]",
        "[123.456789]", "[-0.0]", "[0.1]", "[0E0]", "[1.0000000000000000000000000000000001]",
        "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
        "[9223372036854775807, -9223372036854775808, 18446744073709551616]",
        // Objects.
        "{\"asd\":\"sdf\", \"dfg\":\"fgh\"}", "{\"asd\":\"sdf\"}", "{}", "{\"\":0}",
        "{\"foo\\u0000bar\": 42}", "{ \"min\": -1.0e+28, \"max\": 1.0e+28 }", "{\"a\":[]}",
        "{\n\"a\": \"b\"\n}",
        "{\"x\":[{\"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}], \"id\": \"x\"}",
        "{\"title\":\"\\u041f\\u043e\\u043b\\u0442\\u043e\\u0440\\u0430\"}",
        // A composed and a decomposed letter are different names.
        "{\"\u{E9}\":1,\"e\u{301}\":2}",
        // Strings.
        "[\"\\u0060\\u012a\\u12AB\"]", "[\"\\uD801\\udc37\"]", "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\\u0000\"]", "[\"\\\"\"]", "[\"a/*b*/c/*d//e\"]",
        "[\"\\\\a\"]", "[\"\\\\n\"]", "[\"\\u0012\"]", "[\"\\uFFFF\"]", "[\"asd\"]", "[ \"asd\"]",
        "[\"\\uDBFF\\uDFFF\"]", "[\"new\\u00A0line\"]", "[\"\u{10FFFF}\"]", "[\"\u{FFFF}\"]",
        "[\"\\u0000\"]", "[\"\\u002c\"]", "[\"\u{3C0}\"]", "[\"\u{1BFFF}\"]", "[\"asd \"]", "\" \"",
        "[\"\\uD834\\uDd1e\"]", "[\"\\u0821\"]", "[\"\\u0123\"]", "[\"\u{2028}\"]",
        "[\"\u{2029}\"]",
        "[\"\\u0061\\u30af\\u30EA\\u30b9\"]", "[\"new\\u000Aline\"]", "[\"\u{7F}\"]",
        "[\"\\uA66D\"]",
        "[\"\\u005C\"]", "[\"\u{2342}\u{3234}\u{2342}\"]", "[\"\\u200B\"]", "[\"\\u2064\"]",
        "[\"\\uDBFF\\uDFFE\"]", "[\"\\uFDD0\"]", "[\"\\uFFFE\"]", "[\"\\u0022\"]", "[\"a\u{7F}a\"]",
        "[\"\u{20AC}\u{1D11E}\"]", "[\"aaaaaaa\\naaaaaaaaaaaaaaaa\u{20AC}aaaaaaaaaaaaaaa\\\"b\"]",
        // A value alone.
        "false", "42", "-0.1", "null", "\"asd\"", "true", "\"\"", "[true]\n", "[\"a\"]\n", " [] ",
    ]

    /// Texts of the kind that JSONTestSuite calls `n_`.
    static let mustBeRefused: [String] = [
        // Arrays.
        "[1 true]", "[\"\": 1]", "[\"\"],", "[,1]", "[1,,2]", "[\"x\",,]", "[\"x\"]]", "[\"\",]",
        "[\"x\"", "[x", "[3[4]]", "[1:2]", "[,]", "[-]", "[   , \"\"]", "[\"a\",\n4\n,1,", "[1,]",
        "[1,,]", "[\"\u{B}a\"\\f]", "[*]", "[\"\"", "[1,", "[1,\n1\n,1", "[{}", "[fals]", "[nul]",
        "[tru]", "[False]", "[TRUE]", "[truee]", "[true false]",
        // Numbers.
        "[++1234]", "[+1]", "[+Inf]", "[-01]", "[-1.0.]", "[-2.]", "[-NaN]", "[.-1]", "[.2e-3]",
        "[0.1.2]", "[0.3e+]", "[0.3e]", "[0.e1]", "[0E+]", "[0E]", "[0e+]", "[0e]", "[1.0e+]",
        "[1.0e-]", "[1.0e]", "[1 000.0]", "[1eE2]", "[2.e+3]", "[2.e-3]", "[2.e3]", "[9.e+]",
        "[Inf]", "[NaN]", "[\u{FF11}]", "[1+2]", "[0x1]", "[0x42]", "[Infinity]", "[0e+-1]",
        "[-123.123foo]", "[-Infinity]", "[-foo]", "[- 1]", "[-012]", "[-.123]", "[-1x]", "[1ea]",
        "[1.]", "[.123]", "[1.2a-3]", "[1.8011670033376514H-308]", "[012]", "[00]", "[1_000]",
        "[1e0x2]", "[0.]", "-", "1.", "1e", "1e-", "01", "0 1",
        // Objects.
        "[\"x\", truth]", "{[: \"x\"}", "{\"x\", null}", "{\"x\"::\"b\"}", "{\"a\":\"a\" 123}",
        "{key: 'value'}", "{\"a\" b}", "{:\"b\"}", "{\"a\" \"b\"}", "{\"a\":", "{\"a\"", "{1:1}",
        "{9999E9999:1}", "{null:null,null:null}", "{\"id\":0,,,,,}", "{'a':0}", "{\"id\":0,}",
        "{\"a\":\"b\"}/**/", "{\"a\":\"b\"}/**//", "{\"a\":\"b\"}//", "{\"a\":\"b\"}/",
        "{\"a\":\"b\",,\"c\":\"d\"}", "{a: \"b\"}", "{\"a\":\"a", "{ \"foo\" : \"bar\", \"a\" }",
        "{\"a\":\"b\"}#", "{", "{\"\":", "{,\"a\":1}", "{\"a\":}", "{\"a\":1]", "{]", "[}",
        "{\"a\":1;}",
        // Strings.
        " ", "[\"\\uD800\\\"]", "[\"\\uD800\\u\"]", "[\"\\uD800\\u1\"]", "[\"\\uD800\\u1x\"]",
        "[\u{E9}]", "[\"\\\u{0}\"]", "[\"\\x00\"]", "[\"\\\\\\\"]", "[\"\\\t\"]",
        "[\"\\\u{1F300}\"]",
        "[\"\\\"]", "[\"\\u00A\"]", "[\"\\uD834\\uDd\"]", "[\"\\uD800\\uD800\\x\"]", "[\"\\a\"]",
        "[\"\\uqqqq\"]", "[\\u0020\"asd\"]", "[\\n]", "\"", "['single quote']", "abc", "[\"\\",
        "[\"a\u{0}a\"]", "[\"new\nline\"]", "[\"\t\"]", "\"\\UA66D\"", "[\"\u{1F}\"]",
        "[\"\\u+123\"]",
        "[\"\\u 123\"]", "[\"\\u-001\"]", "[\"\\u123G\"]", "[\"\\u123`\"]", "[\"\\u12:4\"]",
        "\"\\v\"",
        // Structure.
        "<.>", "[<null>]", "[1]x", "[1]]", "[\"asd]", "a\u{E5}", "[True]", "1]", "{\"x\": true,",
        "[][]", "]", "\u{FEFF}{}", "\u{FEFF}", "[", "", "2@", "{}}", "{\"\":{\"\":", "[\u{0}]",
        "{\"a\":/*comment*/\"b\"}", "{\"a\": true} \"x\"", "['", "[,", "[{", "[\"a", "{\"a\"",
        "{,", "*", "{\"a\":\"b\"}#{}", "[\\u000A\"\"]", "[1", "[ false, nul", "[ true, fals", "nul",
        "[ false, tru", "{\"asd\":\"asd\"", "\u{E5}", "[\u{2060}]", "[\u{C}]", "[\u{B}1]",
        "\u{A0}1",
        "\u{2028}1", "1\u{0}", "t", "f", "n", "tr", "nulll", "\"a\"b", "//1", "#1", "1 //",
    ]

    /// Byte strings that are not UTF-8, or not allowed where they are.
    static let bytesToRefuse: [[UInt8]] =
        [
            // Overlong forms of "/", NUL and U+FFFF.
            [0xC0, 0xAF], [0xC1, 0xBF], [0xC0, 0x80], [0xE0, 0x80, 0xAF], [0xE0, 0x9F, 0xBF],
            [0xF0, 0x80, 0x80, 0xAF], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xFC, 0x80, 0x80, 0x80, 0x80, 0x80],
            // Surrogates, and values beyond U+10FFFF.
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80],
            // Bytes that never occur, lone continuations and characters cut off.
            [0xFF], [0xFE], [0x80], [0xBF], [0xE9], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
            [0xC3, 0x28], [0xE2, 0x28, 0xA1], [0xE2, 0x82, 0x28], [0xF0, 0x28, 0x8C, 0xBC],
            [0xF0, 0x90, 0x28, 0xBC], [0xF0, 0x90, 0x8C, 0x28], [0xE2, 0x82, 0xAC, 0x80],
        ].flatMap { (bytes: [UInt8]) -> [[UInt8]] in
            let quote = UInt8(ascii: "\"")
            let text = Array("a text of some length".utf8)
            return [
                [quote] + bytes + [quote], [quote] + text + bytes + text + [quote], [quote] + bytes,
                Array("{\"".utf8) + bytes + Array("\":1}".utf8), bytes, Array("[1]".utf8) + bytes,
            ]
        } + [
            // UTF-16 and its byte order marks.
            [0xFF, 0xFE, 0x5B, 0x00, 0x5D, 0x00], [0xFE, 0xFF, 0x00, 0x5B, 0x00, 0x5D],
            [0x00, 0x5B, 0x00, 0x5D], [0xEF, 0xBB, 0xBF, 0x5B, 0x5D], [0xEF, 0xBB],
        ]

    /// Texts of the kind that JSONTestSuite calls `i_`, and whether we accept them.
    static let leftOpen: [(String, Bool)] = [
        // A number beyond a double is refused; one that only loses digits is not.
        ("[1e999]", false), ("[-1e999]", false), ("[123123e100000]", false), ("[1.8e308]", false),
        ("[0.4e00669999999999999999999999999999999999999999999999969999999006]", false),
        ("[" + String(repeating: "9", count: 400) + "]", false), ("[1e308]", true),
        ("[1e-999]", true), ("[-1e-9999]", true), ("[0e999]", true),
        ("[123456789012345678901234567890]", true), ("[1.7976931348623157e308]", true),
        // Lone surrogates.
        ("[\"\\uDADA\"]", false), ("[\"\\uD888\\u1234\"]", false), ("[\"\\uD800\\n\"]", false),
        ("[\"\\uDd1ea\"]", false), ("[\"\\uD800\\uD800\\n\"]", false), ("[\"\\ud800\"]", false),
        ("[\"\\ud800abc\"]", false), ("[\"\\uDd1e\\uD834\"]", false), ("[\"\\uDFAA\"]", false),
        // Duplicate keys, also with an escape and with equal values.
        ("{\"a\":\"b\",\"a\":\"c\"}", false), ("{\"a\":\"b\",\"a\":\"b\"}", false),
        ("{\"a\":1,\"\\u0061\":1}", false), ("{\"\":1,\"\":1}", false),
        ("{\"a\":{\"a\":1},\"b\":{\"a\":1}}", true), ("{\"a\":1,\"A\":1}", true),
        // A byte order mark, and depth.
        ("\u{FEFF}{}", false),
        (String(repeating: "[", count: 64) + String(repeating: "]", count: 64), true),
        (String(repeating: "[", count: 65) + String(repeating: "]", count: 65), false),
        (String(repeating: "[", count: 100_000), false),
        (String(repeating: "{\"a\":", count: 64) + "1" + String(repeating: "}", count: 64), true),
        (String(repeating: "{\"a\":", count: 65) + "1" + String(repeating: "}", count: 65), false),
        (String(repeating: "[{\"\":", count: 50_000), false),
        // Side by side is not nested.
        ("[" + String(repeating: "[],{},", count: 500) + "1]", true),
    ]
}
