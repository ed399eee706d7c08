#!/usr/bin/env python3
"""Writes the acceptance corpus of the JSON decoder: accept/, refuse/ and their indexes. The files are committed; this
script is where a case is added or read. Run it from anywhere: it writes beside itself.

A refused case marks with ¤ the byte where the reason must point; without a mark the reason has no place (-1).
"""

import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
MARK = "¤".encode()

accept, refuse = {}, {}


def yes(name, body, text=None, beyond=""):
    """`beyond`: why jansson can't hold it, so that the runner does not compare with it."""
    body = body.encode() if isinstance(body, str) else body
    if text is None:
        text = json.loads(body)["text"]
    assert name not in accept, name
    accept[name] = (body, beyond or "-", text)


def no(name, fragment, body):
    body = body.encode() if isinstance(body, str) else body
    assert name not in refuse, name
    assert body.count(MARK) <= 1, name
    at = body.find(MARK)
    refuse[name] = (body.replace(MARK, b""), at, fragment)


# ---- Accepted: structure -----------------------------------------------------------------------------------------------

yes("minimal", '{"text":"a"}')
yes("one_space_text_around_word", '{"text":" a "}')
yes("every_known_member", '{"id":"7","title":"T","url":"https://harbour.example/7","source":"Harbour Post","lang":"en",'
    '"published":"2020-10-21","text":"The ferry sailed."}')
yes("members_in_any_order", '{"zeta":1,"text":"body","alpha":2,"id":"x"}')
yes("text_last", '{"a":1,"b":[1,2],"c":{"d":3},"text":"last"}')
yes("text_first", '{"text":"first","a":1}')
yes("text_in_the_middle", '{"a":1,"text":"middle","b":2}')
yes("space_everywhere", ' \t\r\n{ \t\r\n"text" \t\r\n: \t\r\n"a" \t\r\n, \t\r\n"b" \t\r\n: \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] '
    '\t\r\n} \t\r\n')
yes("newline_at_end", '{"text":"a"}\n')
yes("crlf_at_end", '{"text":"a"}\r\n')
yes("leading_newlines", '\n\n\n{"text":"a"}')
yes("pretty_printed", json.dumps({"id": "p", "text": "a", "tags": ["x", "y"], "meta": {"a": {"b": None}}}, indent=4))
yes("pretty_printed_tabs", json.dumps({"text": "a", "tags": ["x", {"y": 1}]}, indent="\t"))
yes("empty_object_member", '{"text":"a","o":{}}')
yes("empty_object_with_space", '{"text":"a","o":{ \n }}')
yes("empty_array_member", '{"text":"a","o":[]}')
yes("empty_array_with_space", '{"text":"a","o":[ \t ]}')
yes("empty_string_member", '{"text":"a","o":""}')
yes("empty_name", '{"":1,"text":"a"}')
yes("nested_text_name", '{"o":{"text":1},"text":"outer"}')
yes("same_name_in_sibling_objects", '{"text":"a","l":[{"x":1},{"x":2},{"x":3}]}')
yes("same_name_in_nested_objects", '{"text":"a","x":{"x":{"x":{"x":1}}}}')
yes("names_that_differ_in_case", '{"text":"a","Text":"b","TEXT":"c"}')
yes("names_that_differ_in_space", '{"text":"a","text ":"b"," text":"c"}')
yes("names_that_look_alike", '{"text":"a","tеxt":"cyrillic e"}')
yes("names_of_different_composition", '{"text":"a","caf\\u00e9":1,"cafe\\u0301":2}')
yes("name_is_prefix_of_another", '{"t":0,"te":1,"tex":2,"text":"a","texts":3}')
yes("array_of_everything", '{"text":"a","l":[null,true,false,0,-1,1.5,"s",[],{},[[]],{"k":[]}]}')
yes("array_in_array", '{"text":"a","l":[[[[[[[[]]]]]]]]}')
yes("depth_64", '{"text":"a","l":' + "[" * 63 + "]" * 63 + "}")
yes("depth_64_objects", '{"text":"a","l":' + '{"k":' * 62 + "{}" + "}" * 63)
yes("mixed_depth", '{"text":"a","l":' + '[{"k":' * 31 + "0" + "}]" * 31 + "}")
yes("long_flat_array", '{"text":"a","l":[' + ",".join(str(i) for i in range(500)) + "]}")
yes("many_members", '{"text":"a",' + ",".join(f'"m{i}":{i}' for i in range(300)) + "}")
yes("long_name", '{"text":"a","' + "n" * 3000 + '":1}')
yes("long_text", '{"text":"' + "The tide came in. " * 300 + '"}')
yes("structure_in_strings", '{"text":"{}[],:\\"","b":"}{][:,","c":"\\\\"}')
yes("quotes_in_strings", '{"text":"\\"\\"\\"","b":"\\\\\\"","c":"\\\\\\\\"}')
yes("backslashes_at_block_edges", '{"text":"' + "\\\\" * 31 + '","b":"' + "x" * 61 + '\\\\","c":"' + "\\\"" * 40 + '"}')
for size in (20, 31, 32, 33, 62, 63, 64, 65, 126, 127, 128, 129):
    yes(f"ends_at_{size}", '{"text":"' + "a" * (size - 11) + '"}')
yes("comment_like_string", '{"text":"/* no */ // comment","#":"# none"}')
yes("json_in_string", json.dumps({"text": json.dumps({"text": "inner"})}))
yes("string_with_slash", '{"text":"a\\/b/c"}')
yes("null_members", '{"text":"a","title":null,"url":null,"id":null}')
yes("title_is_number", '{"text":"a","title":12}')
yes("title_is_object", '{"text":"a","title":{"main":"x"}}')
yes("id_is_integer", '{"text":"a","id":12345}')
yes("id_is_beyond_64_bits", '{"text":"a","id":123456789012345678901234567890}', beyond="integer beyond 64 bits")
yes("id_is_real", '{"text":"a","id":1.50}')
yes("id_is_empty", '{"text":"a","id":""}')
yes("id_is_boolean", '{"text":"a","id":true}')

# ---- Accepted: numbers ---------------------------------------------------------------------------------------------------

for name, number in {
        "zero": "0", "minus_zero": "-0", "minus_one": "-1", "int64_max": "9223372036854775807",
        "int64_min": "-9223372036854775808", "real": "3.25", "real_zero": "0.0", "minus_real": "-0.5", "exponent": "1e5",
        "exponent_capital": "1E5", "exponent_plus": "1e+5", "exponent_minus": "1e-5", "exponent_leading_zero": "1e05",
        "real_exponent": "1.25e-10", "zero_exponent": "0e0", "many_decimals": "3." + "1" * 60,
        "tiny": "4.9e-324", "smallest_step": "0.1000000000000000055511151231257827"}.items():
    yes(f"number_{name}", f'{{"text":"a","n":{number},"l":[{number},{number} ]}}')
for name, number in {
        "uint64_max": "18446744073709551615", "huge_integer": "9" * 400, "huge_minus": "-" + "8" * 100,
        "huge_exponent": "1e999", "huge_exponent_digits": "1e" + "9" * 50, "vanishing": "1e-" + "9" * 50}.items():
    yes(f"number_{name}", f'{{"text":"a","n":{number}}}', "a", beyond="a number beyond 64 bits")

# ---- Accepted: strings -----------------------------------------------------------------------------------------------------

yes("escapes_all", '{"text":"\\"\\\\\\/\\b\\f\\n\\r\\t"}')
yes("escape_unicode", '{"text":"caf\\u00e9"}')
yes("escape_unicode_capitals", '{"text":"\\u00C9\\u00E9\\u00eA"}')
yes("escape_ascii", '{"text":"\\u0041\\u0022\\u005c\\u002f"}')
yes("escape_controls", '{"text":"a\\u0001\\u001f\\u007f\\u0080\\u009f"}')
yes("escape_line_separators", '{"text":"a\\u2028b\\u2029c"}')
yes("escape_pair", '{"text":"\\ud83d\\ude00"}')
yes("escape_pair_capitals", '{"text":"\\uD83D\\uDE00"}')
yes("escape_pair_lowest", '{"text":"\\ud800\\udc00"}')
yes("escape_pair_highest", '{"text":"\\udbff\\udfff"}')
yes("escape_below_surrogates", '{"text":"\\ud7ff\\ue000"}')
yes("escape_noncharacters", '{"text":"\\ufffe\\uffff\\ufdd0"}')
yes("escape_bom_in_text", '{"text":"\\ufeffa"}')
yes("escape_zero", '{"text":"a\\u0000b"}')
yes("escape_zero_only", '{"text":"\\u0000"}')
yes("escape_zero_in_name", '{"text":"a","n\\u0000":1,"n":2}', beyond="a NUL in a member's name")
yes("escaped_backslash_then_u", '{"text":"\\\\u0041"}')
yes("escape_at_the_end", '{"text":"abc\\n"}')
yes("escape_at_the_start", '{"text":"\\nabc"}')
yes("escapes_back_to_back", '{"text":"' + "\\u00e9\\n" * 50 + '"}')
yes("escaped_name", '{"te\\u0078t":"by another spelling"}')
yes("escaped_name_all", '{"\\u0074\\u0065\\u0078\\u0074":"spelt out"}')
yes("escaped_other_name", '{"text":"a","\\"":1,"\\\\":2,"\\/":3,"\\u002f2":4}')
yes("two_bytes", '{"text":"Überfähre nach Ærø"}')
yes("three_bytes", '{"text":"港口的渡轮 ก ह"}')
yes("four_bytes", '{"text":"😀𝄞𐍈"}')
yes("first_and_last_of_each_length", '{"text":"\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"}')
yes("noncharacters", '{"text":"\ufdd0\ufffe\U0001fffe"}')
yes("del_in_string", '{"text":"a\u007fb"}')
yes("c1_in_string", '{"text":"a\u0085b"}')
yes("line_separators", '{"text":"a\u2028b\u2029c"}')
yes("bom_in_string", '{"text":"a\ufeffb"}')
yes("combining", '{"text":"e\u0301 a\u0308"}')
yes("right_to_left", '{"text":"הספינה יצאה \u200fמן הנמל","title":"العبارة"}')
yes("emoji_sequence", '{"text":"👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿"}')
yes("utf8_at_block_edge", '{"text":"' + "a" * 54 + 'é' + "b" * 60 + '港' + "c" * 60 + '😀"}')
yes("unicode_names", '{"text":"a","größe":1,"名":2,"😀":3}')
yes("replacement_character", '{"text":"caf\ufffd"}')
yes("text_of_no_break_space_and_word", '{"text":"\u00a0a\u3000"}')

# ---- Accepted: the input's own enrichment and provenance --------------------------------------------------------------------

yes("had_enrichment", '{"text":"a","enrichment":{"language":{"code":"xx"}}}')
yes("had_provenance", '{"text":"a","provenance":"somewhere"}')
yes("had_both", '{"enrichment":1,"text":"a","provenance":2}')
yes("had_both_first", '{"enrichment":1,"provenance":2,"text":"a"}')
yes("had_both_last", '{"text":"a","provenance":[{}],"enrichment":[]}')
yes("had_both_last_with_space", '{ "text" : "a" , "provenance" : [ { } ] , "enrichment" : [ ] }')
yes("had_escaped_enrichment", '{"text":"a","enrich\\u006dent":1,"b":2}')
yes("had_nested_enrichment", '{"text":"a","o":{"enrichment":1,"provenance":2}}')
yes("had_enrichment_like", '{"text":"a","enrichments":1,"Enrichment":2,"provenance ":3}')

# ---- Refused: the whole ------------------------------------------------------------------------------------------------------

no("whole_empty", "payload is empty", "")
no("whole_space", "nothing but white space", " \t\r\n")
no("whole_array", "expected a JSON object, found an array", '¤["text"]')
no("whole_array_empty", "found an array", "¤[]")
no("whole_array_of_article", "found an array", ' ¤[{"text":"a"}]')
no("whole_string", "found a string", '¤"text"')
no("whole_number", "found a number", "¤1")
no("whole_true", "found a boolean", "¤true")
no("whole_null", "found null", "¤null")
no("whole_word", '"hello" is no JSON value', "¤hello")
no("whole_prose", '"The" is no JSON value', "¤The ferry sailed at noon.")
no("whole_html", '"<html></html>" is no JSON value', "¤<html></html>")
no("whole_xml", "is no JSON value", '¤<?xml version="1.0"?><a/>')
no("whole_two_objects", "behind the end", '{"text":"a"}¤{"text":"b"}')
no("whole_two_lines", "behind the end", '{"text":"a"}\n¤{"text":"b"}\n')
no("whole_comma_behind", "behind the end", '{"text":"a"}¤,')
no("whole_brace_behind", "behind the end", '{"text":"a"}¤}')
no("whole_bracket_behind", "behind the end", '{"text":"a"}¤]')
no("whole_word_behind", "behind the end", '{"text":"a"} ¤x')
no("whole_string_behind", "behind the end", '{"text":"a"}¤"b"')
no("whole_colon_behind", "behind the end", '{"text":"a"}¤:1')
no("whole_nul_behind", "behind the end", b'{"text":"a"}\xc2\xa4\x00')
no("whole_comment_behind", "behind the end", '{"text":"a"} ¤// done')
no("whole_semicolon_behind", "behind the end", '{"text":"a"}¤;')
no("whole_byte_order_mark", "byte order mark", '¤\ufeff{"text":"a"}')
no("whole_byte_order_mark_alone", "byte order mark", '¤\ufeff')
no("whole_byte_order_mark_behind", "behind the end", '{"text":"a"}¤\ufeff')
no("whole_byte_order_mark_behind_space", "is no JSON value", ' ¤\ufeff{"text":"a"}')
no("whole_utf16_le", "UTF-16 byte order mark", MARK + b"\xff\xfe" + '{"text":"a"}'.encode("utf-16-le"))
no("whole_utf16_be", "UTF-16 byte order mark", MARK + b"\xfe\xff" + '{"text":"a"}'.encode("utf-16-be"))
no("whole_utf16_le_unmarked", "looks like UTF-16", b"{" + MARK + '{"text":"a"}'.encode("utf-16-le")[1:])
no("whole_utf16_be_unmarked", "looks like UTF-16", MARK + '{"text":"a"}'.encode("utf-16-be"))
no("whole_gzip", "invalid UTF-8: byte 0x8B", b"\x1f" + MARK + b"\x8b\x08\x00\x00")
no("whole_confluent", "Confluent framing does (schema id 258)", MARK + b'\x00\x00\x00\x01\x02{"text":"a"}')
no("whole_confluent_short", "too short for Confluent framing", MARK + b"\x00\x00\x01")
no("whole_zero_byte", "too short for Confluent framing", MARK + b"\x00")
no("whole_no_break_space_before", "is no JSON value", '¤\u00a0{"text":"a"}')
no("whole_form_feed_before", "control character U+000C", '¤\f{"text":"a"}')
no("whole_vertical_tab_before", "control character U+000B", '¤\v{"text":"a"}')
no("whole_jsonp", "is no JSON value", '¤callback({"text":"a"});')
no("whole_anti_hijack", "is no JSON value", ")]}'\n".join(["¤", '{"text":"a"}']))
no("whole_python_dict", "member's name in double quotes", "{¤'text': 'a'}")

# ---- Refused: ends too early ------------------------------------------------------------------------------------------------

no("end_brace", "ends before the `{` of byte 0", "{¤")
no("end_name_open", "never ends", '{¤"te')
no("end_name", "ends after a member's name", '{"text"¤')
no("end_colon", "ends before the `{`", '{"text":¤')
no("end_text_open", "never ends", '{"text":¤"a')
no("end_text_open_escaped_quote", "never ends", '{"text":¤"a\\"}')
no("end_text_open_backslash", "never ends", '{"text":¤"a\\')
no("end_text", "ends before the `{` of byte 0", '{"text":"a"¤')
no("end_comma", "ends before the `{`", '{"text":"a",¤')
no("end_array", "ends before the `[` of byte 16", '{"text":"a","l":[¤')
no("end_array_element", "ends before the `[` of byte 16", '{"text":"a","l":[1¤')
no("end_array_comma", "ends before the `[`", '{"text":"a","l":[1,¤')
no("end_inner_object", "ends before the `{` of byte 16", '{"text":"a","o":{¤')
no("end_inner_closed", "ends before the `{` of byte 0", '{"text":"a","o":{}¤')
no("end_literal", '"tru" is no JSON value', '{"text":"a","b":¤tru')
no("end_number", '"1." is no JSON number', '{"text":"a","b":¤1.')
no("end_minus", '"-" is no JSON number', '{"text":"a","b":¤-')
no("end_with_newline", "ends before the `{`", '{"text":"a"\n¤')
no("end_unicode_escape", "never ends", '{"text":¤"\\u00')
no("end_deep", "ends before the `[` of byte 35", '{"text":"a","l":' + "[" * 20 + "¤")

# ---- Refused: members -------------------------------------------------------------------------------------------------------

no("member_comma_first", "member's name in double quotes", '{¤,"text":"a"}')
no("member_comma_only", "member's name in double quotes", "{¤,}")
no("member_comma_last", "comma without a member", '{"text":"a",¤}')
no("member_comma_twice", "member's name in double quotes", '{"text":"a",¤,"b":1}')
no("member_comma_missing", "expected a comma or `}`", '{"text":"a"¤"b":1}')
no("member_comma_missing_number", "expected a comma or `}`", '{"a":1 ¤"text":"a"}')
no("member_comma_is_semicolon", "expected a comma or `}`", '{"text":"a"¤;"b":1}')
no("member_comma_is_colon", "expected a comma or `}`", '{"text":"a"¤:"b"}')
no("member_colon_missing", "expected a colon", '{"text"¤"a"}')
no("member_colon_is_comma", "expected a colon", '{"text"¤,"a"}')
no("member_colon_is_equals", "expected a colon", '{"text"¤="a"}')
no("member_colon_is_arrow", "expected a colon", '{"text" ¤=> "a"}')
no("member_colon_twice", "expected a value", '{"text":¤:"a"}')
no("member_name_only", "expected a colon", '{"text"¤}')
no("member_value_missing", "expected a value", '{"text":¤}')
no("member_value_missing_comma", "expected a value", '{"text":¤,"a":1}')
no("member_name_missing", "member's name in double quotes", '{¤:"a"}')
no("member_name_bare", "member's name in double quotes", '{¤text:"a"}')
no("member_name_number", "member's name in double quotes", '{¤1:"a"}')
no("member_name_null", "member's name in double quotes", '{¤null:"a"}')
no("member_name_object", "member's name in double quotes", '{¤{}:"a"}')
no("member_name_array", "member's name in double quotes", '{¤["text"]:"a"}')
no("member_name_single_quotes", "member's name in double quotes", "{¤'text':\"a\"}")
no("member_name_curly_quotes", "member's name in double quotes", '{¤“text”:"a"}')
no("member_name_backticks", "member's name in double quotes", '{¤`text`:"a"}')
no("member_set", "expected a colon", '{"text" ¤}')
no("member_list", "expected a colon", '{"text"¤,"b","c"}')
no("member_closed_by_bracket", "`]` closes what `{` opened", '{"text":"a"¤]')
no("member_empty_closed_by_bracket", "member's name in double quotes", '{"text":"a","o":{¤]}')
no("member_inner_closed_by_bracket", "`]` closes what `{` opened", '{"text":"a","o":{"b":1¤]}')
no("member_comment", "member's name in double quotes", '{¤/* the story */"text":"a"}')
no("member_comment_behind_value", "expected a comma or `}`", '{"text":"a"¤/* b */}')
no("member_comment_line", "member's name in double quotes", '{¤// text\n"text":"a"}')
no("member_comment_hash", "member's name in double quotes", '{¤# text\n"text":"a"}')
no("member_comment_as_value", "JSON has no comments", '{"text":"a","b":¤/**/1}')
no("member_spread", "member's name in double quotes", '{"text":"a",¤...}')
no("member_nul_between", "expected a comma or `}`", b'{"text":"a"' + MARK + b'\x00}')
no("member_nul_in_object", "member's name in double quotes", b'{' + MARK + b'\x00"text":"a"}')
no("member_form_feed", "member's name in double quotes", '{¤\f"text":"a"}')
no("member_form_feed_as_comma", "expected a comma or `}`", '{"text":"a"¤\f"b":1}')
no("member_substitute_as_colon", "expected a colon", '{"text"¤\x1a"a"}')
no("member_no_break_space", "member's name in double quotes", '{¤\u00a0"text":"a"}')
no("member_line_separator", "expected a comma or `}`", '{"text":"a"¤\u2028}')
no("member_byte_order_mark", "member's name in double quotes", '{¤\ufeff"text":"a"}')
no("member_backslash", "member's name in double quotes", '{¤\\"text\\":\\"a\\"}')
no("member_escaped_quote_as_value", "backslash outside a string", '{"text":"a","b":¤\\"c"}')

# ---- Refused: duplicates -----------------------------------------------------------------------------------------------------

no("twice_text", 'member "text" stands twice', '{"text":"a",¤"text":"b"}')
no("twice_text_same", 'member "text" stands twice', '{"text":"a",¤"text":"a"}')
no("twice_far_apart", 'member "x" stands twice', '{"x":1,"text":"a","y":[{"x":1}],¤"x":2}')
no("twice_escaped", 'member "text" stands twice', '{"text":"a",¤"te\\u0078t":"b"}')
no("twice_escaped_first", 'member "text" stands twice', '{"te\\u0078t":"a",¤"text":"b"}')
no("twice_escaped_both", 'member "text" stands twice', '{"te\\u0078t":"a",¤"\\u0074ext":"b"}')
no("twice_escaped_slash", 'member "a/b" stands twice', '{"text":"a","a/b":1,¤"a\\/b":2}')
no("twice_escaped_accent", 'member "é" stands twice', '{"text":"a","é":1,¤"\\u00e9":2}')
no("twice_escaped_pair", 'member "😀" stands twice', '{"text":"a","😀":1,¤"\\ud83d\\ude00":2}')
no("twice_empty", 'member "" stands twice', '{"text":"a","":1,¤"":2}')
no("twice_nested", 'member "k" stands twice', '{"text":"a","o":{"k":1,¤"k":2}}')
no("twice_in_array", 'member "k" stands twice', '{"text":"a","l":[{"k":1},{"k":1,¤"k":2}]}')
no("twice_deep", 'member "k" stands twice', '{"text":"a","o":' + "[" * 20 + '{"k":1,¤"k":2}' + "]" * 20 + "}")
no("twice_outer_after_inner", 'member "o" stands twice', '{"text":"a","o":{"o":{"o":1}},¤"o":2}')
no("twice_enrichment", 'member "enrichment" stands twice', '{"enrichment":1,"text":"a",¤"enrichment":2}')
no("twice_enrichment_escaped", 'member "enrichment" stands twice', '{"enrichment":1,"text":"a",¤"\\u0065nrichment":2}')
no("twice_among_many", 'member "m7" stands twice',
   '{"text":"a",' + "".join(f'"m{i}":{i},' for i in range(200)) + '¤"m7":0}')
no("twice_long", "stands twice", '{"text":"a","' + "n" * 200 + '":1,¤"' + "n" * 200 + '":2}')
no("twice_with_zero", "stands twice", '{"text":"a","n\\u0000":1,¤"n\\u0000":2}')
no("twice_shown_without_controls", "member \"<U+001B>[2J\" stands twice", '{"text":"a","\\u001b[2J":1,¤"\\u001b[2J":2}')

# ---- Refused: arrays ---------------------------------------------------------------------------------------------------------

no("array_comma_first", "expected a value", '{"text":"a","l":[¤,1]}')
no("array_comma_only", "expected a value", '{"text":"a","l":[¤,]}')
no("array_comma_last", "expected a value", '{"text":"a","l":[1,¤]}')
no("array_comma_twice", "expected a value", '{"text":"a","l":[1,¤,2]}')
no("array_comma_missing", "expected a comma or `]`", '{"text":"a","l":[1 ¤2]}')
no("array_comma_missing_strings", "expected a comma or `]`", '{"text":"a","l":["a"¤"b"]}')
no("array_comma_missing_arrays", "expected a comma or `]`", '{"text":"a","l":[[]¤[]]}')
no("array_colon", "expected a comma or `]`", '{"text":"a","l":["k"¤:1]}')
no("array_semicolon", '"1;" is no JSON number', '{"text":"a","l":[¤1; 2]}')
no("array_closed_by_brace", "`}` closes what `[` opened", '{"text":"a","l":[1¤}}')
no("array_empty_closed_by_brace", "expected a value", '{"text":"a","l":[¤}}')
no("array_round_brackets", '"(1" is no JSON value', '{"text":"a","l":¤(1,2)}')
no("array_closed_twice", "`]` closes what `{` opened", '{"text":"a","l":[1]¤]}')
no("array_too_deep", "nested deeper than the limit of 64", '{"text":"a","l":' + "[" * 63 + "¤[" + "]" * 64 + "}")
no("array_too_deep_and_open", "nested deeper than the limit of 64", '{"text":"a","l":' + "[" * 63 + "¤" + "[" * 9000)
no("object_too_deep", "nested deeper than the limit of 64", '{"text":"a","l":' + '{"k":' * 63 + "¤{}" + "}" * 64)
no("mixed_too_deep", "nested deeper than the limit of 64", '{"text":"a","l":' + '[{"k":' * 31 + "[¤[]]" + "}]" * 31 + "}")

# ---- Refused: literals and numbers, also where nobody looks ------------------------------------------------------------------

for name, word in {"true_capital": "True", "true_capitals": "TRUE", "false_capital": "False", "none": "None",
                   "null_short": "nul", "null_long": "nulll", "null_capital": "Null", "true_short": "tru", "true_long": "truee",
                   "false_short": "fals", "false_long": "false0", "nan": "NaN", "nan_small": "nan", "infinity": "Infinity",
                   "undefined": "undefined", "yes": "yes", "bare_word": "ferry", "function": "f()",
                   "two_literals": "truefalse", "dollar": "$1", "at": "@", "percent": "%", "bare_accent": "é"}.items():
    no(f"literal_{name}", f'"{word}" is no JSON value', f'{{"text":"a","b":¤{word}}}')
no("literal_null_and_quote", "never ends", '{"text":"a","b":null¤"}')
no("literal_single_quotes", "single quote", "{\"text\":\"a\",\"b\":¤'c'}")
no("literal_as_text", '"nul" is no JSON value', '{"text":¤nul}')
no("literal_in_array", '"nul" is no JSON value', '{"text":"a","l":[[{"k":[¤nul]}]]}')
no("literal_spaced", "expected a comma or `}`", '{"text":"a","b":true ¤false}')
no("literal_nul_inside", '"tr<U+0000>ue" is no JSON value', b'{"text":"a","b":' + MARK + b'tr\x00ue}')
no("literal_control", "control character U+0001 outside", '{"text":"a","b":¤\x01}')
no("literal_escape", "is no JSON value", '{"text":"a","b":¤\\n\\"}')
for name, number in {
        "leading_zero": "01", "leading_zeros": "00", "minus_leading_zero": "-01", "plus": "+1", "minus": "-", "minus_minus": "--1",
        "point_first": ".5", "minus_point": "-.5", "point_last": "1.", "point_twice": "1.2.3", "point_only": ".",
        "zero_point": "0.", "exponent_empty": "1e", "exponent_sign_only": "1e+", "exponent_minus_only": "1E-",
        "exponent_point": "1e1.5", "exponent_twice": "1e1e1", "exponent_behind_point": "1.e1", "hexadecimal": "0x1F",
        "octal": "0o17", "binary": "0b1", "underscore": "1_000", "letters_behind": "1abc", "unit": "5kg", "float_suffix": "1f",
        "long_suffix": "1L", "minus_infinity": "-Infinity", "minus_nan": "-NaN", "fraction": "1/2", "sum": "1+1",
        "date": "2020-10-21", "time": "1-2", "arabic_digits": "1٣", "plus_exponent": "+1e1", "slash_behind": "1//"}.items():
    no(f"number_{name}", f'"{number}" is no JSON number', f'{{"text":"a","b":¤{number}}}')
no("number_fullwidth_digits", "is no JSON value", '{"text":"a","b":¤１２}')
no("number_thousands", "member's name in double quotes", '{"text":"a","b":1,¤000}')
no("number_decimal_comma", "member's name in double quotes", '{"text":"a","b":1,¤5}')
no("number_space_inside", "expected a comma or `}`", '{"text":"a","b":1 ¤000}')
no("number_minus_space", '"-" is no JSON number', '{"text":"a","b":¤- 1}')
no("number_nul_behind", "is no JSON number", b'{"text":"a","b":' + MARK + b'1\x00}')
no("number_quote_behind", "never ends", '{"text":"a","b":1¤"}')
no("number_string_behind", "is no JSON number", '{"text":"a","b":¤1"2"}')
no("number_huge_then_broken", "is no JSON number", '{"text":"a","b":¤' + "9" * 300 + ".}")
no("number_in_skipped_member", '"01.2.3" is no JSON number', '{"skipped":{"deep":[1,2,{"x":¤01.2.3}]},"text":"a"}')

# ---- Refused: strings --------------------------------------------------------------------------------------------------------

for name, escape in {"q": "\\q", "x": "\\x41", "a": "\\a", "v": "\\v", "e": "\\e", "zero": "\\0", "digit": "\\1", "single_quote": "\\'",
                     "space": "\\ ", "capital_u": "\\U0041", "capital_n": "\\N", "accent": "\\é"}.items():
    no(f"escape_{name}", "an escape that JSON does not have: " + escape[:2], f'{{"text":"b¤{escape}c"}}')
no("escape_in_skipped_member", "an escape that JSON does not have", '{"b":{"c":["¤\\q"]},"text":"a"}')
no("escape_in_name", "an escape that JSON does not have", '{"text":"a","b¤\\q":1}')
no("escape_second", "an escape that JSON does not have", '{"text":"\\n\\\\¤\\z"}')
no("escape_newline", "control character U+000A", '{"text":"a\\¤\nb"}')
for name, escape in {"empty": "\\u", "one": "\\u1", "three": "\\u123", "letter": "\\u12g4", "space": "\\u 123", "minus": "\\u-123",
                     "braces": "\\u{41}", "capital_g": "\\u123G", "at": "\\u123@", "grave": "\\u123`",
                     "slash": "\\u123/", "colon": "\\u:123", "plus": "\\u+041", "point": "\\u1.23"}.items():
    no(f"unicode_escape_{name}", "\\u without four hexadecimal digits", f'{{"text":"b¤{escape}"}}')
for name, escape in {"high": "\\ud800", "low": "\\udc00", "high_then_letter": "\\ud83dx", "high_then_escape": "\\ud83d\\n",
                     "high_high": "\\ud83d\\ud83d", "reversed": "\\ude00\\ud83d", "high_then_ascii": "\\ud83d\\u0041",
                     "high_at_limit": "\\udbff", "low_at_limit": "\\udfff", "high_then_half": "\\ud83d\\ude0"}.items():
    no(f"surrogate_{name}", "half of a surrogate pair", f'{{"text":"b¤{escape}"}}')
no("surrogate_in_name", "half of a surrogate pair", '{"text":"a","¤\\ud800":1}')
no("surrogate_behind_pair", "half of a surrogate pair", '{"text":"\\ud83d\\ude00¤\\ude00"}')
for code in (0x00, 0x01, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1A, 0x1B, 0x1F):
    no(f"raw_control_{code:02x}", f"control character U+{code:04X} in a string",
       b'{"text":"a' + MARK + bytes([code]) + b'b"}')
no("raw_control_in_name", "control character U+0009 in a string", '{"text":"a","b¤\tc":1}')
no("raw_control_in_skipped_member", "control character U+000A in a string", '{"b":["c¤\nd"],"text":"a"}')
no("string_unquoted_end", "never ends", '{"text":"a","b":¤"c}')
no("string_quote_inside", "expected a comma or `}`", '{"text":"he said "¤hello" and left"}')
no("string_curly_quotes", "is no JSON value", '{"text":¤“a”}')
no("string_concatenated", "expected a comma or `}`", '{"text":"a" ¤+ "b"}')
no("string_triple", "expected a comma or `}`", '{"text":""¤"a"""}')
no("string_prefix", "is no JSON value", '{"text":"a","b":¤u"c"}')
no("string_backtick", "is no JSON value", '{"text":¤`a`}')

# ---- Refused: UTF-8 ----------------------------------------------------------------------------------------------------------

for name, broken in {
        "continuation": b"\x80", "continuation_bf": b"\xbf", "lead_alone": b"\xc3", "lead_then_ascii": b"\xc3a",
        "three_cut": b"\xe6\xb8", "four_cut": b"\xf0\x9f\x98", "overlong_slash": b"\xc0\xaf", "overlong_nul": b"\xc0\x80",
        "overlong_two": b"\xc1\xbf", "overlong_three": b"\xe0\x80\xaf", "overlong_three_top": b"\xe0\x9f\xbf",
        "overlong_four": b"\xf0\x80\x80\xaf", "overlong_four_top": b"\xf0\x8f\xbf\xbf", "surrogate_high": b"\xed\xa0\x80",
        "surrogate_low": b"\xed\xbf\xbf", "surrogate_pair": b"\xed\xa0\xbd\xed\xb8\x80", "above_top": b"\xf4\x90\x80\x80",
        "f5": b"\xf5\x80\x80\x80", "five_bytes": b"\xf8\x88\x80\x80\x80", "six_bytes": b"\xfc\x84\x80\x80\x80\x80",
        "fe": b"\xfe", "ff": b"\xff", "latin1": b"caf\xe9 au lait"[3:], "lead_lead": b"\xc3\xc3\xa9",
        "windows_1252": b"\x93quoted\x94"}.items():
    no(f"utf8_{name}", f"invalid UTF-8: byte 0x{broken[0]:02X}", b'{"text":"a' + MARK + broken + b'b"}')
no("utf8_in_name", "invalid UTF-8", b'{"text":"a","b' + MARK + b'\xff":1}')
no("utf8_in_skipped_member", "invalid UTF-8", b'{"b":[{"c":"' + MARK + b'\xe9"}],"text":"a"}')
no("utf8_outside_strings", "invalid UTF-8", b'{"text":"a"' + MARK + b'\xa0}')
no("utf8_behind", "invalid UTF-8", b'{"text":"a"}' + MARK + b"\xff")
no("utf8_before", "invalid UTF-8", MARK + b'\xff{"text":"a"}')
no("utf8_cut_at_end", "invalid UTF-8", b'{"text":"a' + MARK + b"\xe6\xb8")
no("utf8_at_block_edge", "invalid UTF-8", b'{"text":"' + b"a" * 54 + MARK + b"\xc3" + b"b" * 70 + b'"}')
no("utf8_late", "invalid UTF-8", b'{"text":"' + "é港😀".encode() * 200 + MARK + b'\xf0\x9f"}')

# ---- Refused: the text -------------------------------------------------------------------------------------------------------

no("text_missing", "there is no text: no member /text", '{"title":"a"}')
no("text_missing_empty_object", "there is no text", "{}")
no("text_missing_in_other_case", "there is no text", '{"Text":"a"}')
no("text_missing_nested", "there is no text", '{"article":{"text":"a"}}')
no("text_null", "the text (/text) is null", '{"text":¤null}')
no("text_number", "the text (/text) is a number", '{"text":¤12}')
no("text_boolean", "the text (/text) is a boolean", '{"text":¤true}')
no("text_array", "the text (/text) is an array", '{"text":¤["a","b"]}')
no("text_object", "the text (/text) is an object", '{"text":¤{"a":"b"}}')
no("text_empty", "the text is empty", '{"text":¤""}')
no("text_space", "the text is empty", '{"text":¤"   "}')
no("text_escaped_space", "the text is empty", '{"text":¤"\\n\\t\\r \\u00a0\\u2003\\u3000"}')
no("text_unicode_space", "the text is empty", '{"text":¤"\u00a0\u2028\u3000"}')
no("text_zero_width_space", "the text is empty", '{"text":¤"\u200b\ufeff"}')


def write(folder, index, cases, columns):
    target = HERE / folder
    target.mkdir(exist_ok=True)
    for old in target.iterdir():
        old.unlink()
    lines = []
    for name in sorted(cases):
        (target / f"{name}.json").write_bytes(cases[name][0])
        lines.append("\t".join([f"{name}.json", *columns(cases[name])]) + "\n")
    (HERE / index).write_text("".join(lines))
    print(f"{folder}: {len(cases)}")


write("accept", "accept.index", accept, lambda case: [case[1], json.dumps(case[2])])
write("refuse", "refuse.index", refuse, lambda case: [str(case[1]), case[2]])
