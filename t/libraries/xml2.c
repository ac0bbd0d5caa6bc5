/* SPDX-License-Identifier: MIT */
/* libxml2: a document is read with its DTD, asked by XPath, changed, held
 * against a schema, written, and read again in pieces and as a stream. */
#include <config.h>

#include "library.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlreader.h>
#include <libxml/xmlschemas.h>
#include <libxml/xmlwriter.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ALCOVE_BRIDGE_GLOBAL(xml2);

enum { PIECE = 100, OPTIONS = XML_PARSE_NOENT | XML_PARSE_NONET };

static const char document[] =
    "<?xml version='1.0' encoding='ISO-8859-1'?>\n"
    "<!DOCTYPE list [\n"
    "<!ELEMENT list (item|note)*>\n"
    "<!ELEMENT item (#PCDATA|b)*> <!ELEMENT b (#PCDATA)>\n"
    "<!ELEMENT note ANY>\n"
    "<!ATTLIST list xmlns CDATA #FIXED 'urn:list' xmlns:x CDATA #IMPLIED>\n"
    "<!ATTLIST item id ID #REQUIRED price CDATA '0' see IDREF #IMPLIED>\n"
    "<!ATTLIST note x:kind (old|new) 'new'>\n"
    "<!ENTITY who 'the &what; library'> <!ENTITY what 'well-known'>\n"
    "]>\n"
    "<list xmlns='urn:list' xmlns:x='urn:x'>\n"
    "  <item id='a' price='12.5'>first, of &who; <b>b\xe4rtig</b></item>\n"
    "  <item id='b' price='7' see='a'>second &#x263a;</item>\n"
    "  <!-- a comment --><?target and data?>\n"
    "  <item id='c'><![CDATA[<third> & last]]></item>\n"
    "  <note x:kind='old'>no item</note>\n"
    "</list>\n";

static const char schema[] =
    "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'\n"
    "    xmlns='urn:list' targetNamespace='urn:list'\n"
    "    elementFormDefault='qualified'>\n"
    "  <xs:simpleType name='price'><xs:restriction base='xs:decimal'>\n"
    "    <xs:minInclusive value='0'/><xs:pattern value='[0-9]+(\\.[05])?'/>\n"
    "  </xs:restriction></xs:simpleType>\n"
    "  <xs:complexType name='item' mixed='true'>\n"
    "    <xs:sequence><xs:element name='b' type='xs:string' minOccurs='0'\n"
    "      maxOccurs='3'/></xs:sequence>\n"
    "    <xs:attribute name='id' type='xs:ID' use='required'/>\n"
    "    <xs:attribute name='price' type='price'/>\n"
    "    <xs:attribute name='see' type='xs:IDREF'/>\n"
    "  </xs:complexType>\n"
    "  <xs:element name='list'><xs:complexType><xs:choice minOccurs='0'\n"
    "      maxOccurs='unbounded'>\n"
    "    <xs:element name='item' type='item'/>\n"
    "    <xs:element name='note'><xs:complexType mixed='true'>\n"
    "      <xs:anyAttribute processContents='skip'/>\n"
    "    </xs:complexType></xs:element>\n"
    "  </xs:choice></xs:complexType></xs:element>\n"
    "</xs:schema>\n";

static const char *const questions[] = {
    "count(//l:item)",
    "sum(//l:item/@price) div 2",
    "string(id('b')/@see)",
    "//l:item[@price > 5 and position() < last()]/@id | //l:note",
    "translate(name(//l:item[contains(., '<')]), 'aeiou', 'AEIOU')",
    "concat(//l:b, '-', substring-after(//l:item[3], '<'), '-')",
    "//l:b/ancestor::*[contains(., 'first')] = //l:item[1]",
};

/* ---- what it says ---- */

struct errors {
    struct work *w;
    bool expected; /* those of a wrong document, which belong to the result */
    bool any;      /* that was not */
};

#if LIBXML_VERSION >= 21200
typedef const xmlError *error_pointer;
#else
typedef xmlError *error_pointer;
#endif

static void
on_error(void *arg, error_pointer error)
{
    struct errors *e = arg;
    const char *text = error->message ? error->message : "no message";

    if (e->expected && error->code != XML_ERR_NO_MEMORY) {
        result_text(e->w, "%d, line %d: %s", error->code, error->line, text);
        return;
    }
    e->any = true;
    (void)refused(e->w, "error %d: %.*s", error->code, (int)strcspn(text, "\n"),
                  text);
}

static bool
say(struct errors *e, const char *call)
{
    return refused(e->w, "%s fails, and says nothing", call);
}

/* ---- XPath ---- */

static void
tell_nodes(struct work *w, const xmlNodeSet *nodes)
{
    int i;

    for (i = 0; nodes && i < nodes->nodeNr; i++)
        result_text(w, "%s, line %ld;", (const char *)nodes->nodeTab[i]->name,
                    xmlGetLineNo(nodes->nodeTab[i]));
}

static bool
ask(struct errors *e, xmlXPathContext *context, const char *question)
{
    xmlXPathObject *answer =
        xmlXPathEvalExpression((const xmlChar *)question, context);
    xmlChar *text;

    if (!answer)
        return say(e, "xmlXPathEvalExpression");
    tell_nodes(e->w, answer->nodesetval);
    text = xmlXPathCastToString(answer);
    xmlXPathFreeObject(answer);
    if (!text)
        return say(e, "xmlXPathCastToString");
    result_text(e->w, "%s: %s\n", question, (const char *)text);
    xmlFree(text);
    return true;
}

static bool
ask_all(struct errors *e, xmlDoc *doc)
{
    xmlXPathContext *context = xmlXPathNewContext(doc);
    bool good;
    size_t i;

    if (!context)
        return say(e, "xmlXPathNewContext");
    good = xmlXPathRegisterNs(context, (const xmlChar *)"l",
                              (const xmlChar *)"urn:list") == 0 ||
           say(e, "xmlXPathRegisterNs");
    for (i = 0; good && i < sizeof questions / sizeof questions[0]; i++)
        good = ask(e, context, questions[i]);
    xmlXPathFreeContext(context);
    return good;
}

/* ---- the tree ---- */

static bool
change(struct errors *e, xmlDoc *doc)
{
    xmlNode *root = xmlDocGetRootElement(doc);
    xmlNode *note = xmlGetLastChild(root), *item, *copy;

    note = note ? note->prev : NULL;
    if (!note)
        return refused(e->w, "the note is missing");
    xmlUnlinkNode(note);
    xmlFreeNode(note);
    item = xmlNewTextChild(root, NULL, (const xmlChar *)"item",
                           (const xmlChar *)"new & <good>");
    if (!item)
        return say(e, "xmlNewTextChild");
    if (!xmlNewProp(item, (const xmlChar *)"id", (const xmlChar *)"d") ||
        !xmlSetProp(item, (const xmlChar *)"price", (const xmlChar *)"1.5"))
        return say(e, "xmlNewProp");
    copy = xmlCopyNode(item, 1);
    if (!copy)
        return say(e, "xmlCopyNode");
    if (!xmlAddChild(root, copy)) {
        xmlFreeNode(copy);
        return say(e, "xmlAddChild");
    }
    return xmlSetProp(copy, (const xmlChar *)"id", (const xmlChar *)"e") ||
           say(e, "xmlSetProp");
}

static bool
print(struct errors *e, xmlDoc *doc, const char *encoding)
{
    xmlChar *text = NULL;
    int size = 0;

    xmlDocDumpFormatMemoryEnc(doc, &text, &size, encoding, 1);
    if (!text)
        return say(e, "xmlDocDumpFormatMemoryEnc");
    result(e->w, text, (size_t)size);
    xmlFree(text);
    return true;
}

/* ---- the schema ---- */

static xmlSchema *
read_schema(struct errors *e)
{
    xmlSchemaParserCtxt *parser =
        xmlSchemaNewMemParserCtxt(schema, sizeof schema - 1);
    xmlSchema *s;

    if (!parser) {
        (void)say(e, "xmlSchemaNewMemParserCtxt");
        return NULL;
    }
    xmlSchemaSetParserStructuredErrors(parser, on_error, e);
    s = xmlSchemaParse(parser);
    xmlSchemaFreeParserCtxt(parser);
    if (!s)
        (void)say(e, "xmlSchemaParse");
    return s;
}

static bool
validate(struct errors *e, xmlSchemaValidCtxt *context, xmlDoc *doc)
{
    xmlNode *last = xmlGetLastChild(xmlDocGetRootElement(doc));
    int code = xmlSchemaValidateDoc(context, doc);

    if (code != 0)
        return refused(e->w, "xmlSchemaValidateDoc: %d", code);
    if (!xmlSetProp(last, (const xmlChar *)"price", (const xmlChar *)"-1"))
        return say(e, "xmlSetProp");
    e->expected = true;
    code = xmlSchemaValidateDoc(context, doc);
    e->expected = false;
    result_text(e->w, "invalid: %d", code);
    return code > 0 || refused(e->w, "xmlSchemaValidateDoc: %d", code);
}

static bool
hold_against_schema(struct errors *e, xmlDoc *doc)
{
    xmlSchema *s = read_schema(e);
    xmlSchemaValidCtxt *context;
    bool good;

    if (!s)
        return false;
    context = xmlSchemaNewValidCtxt(s);
    if (context) {
        xmlSchemaSetValidStructuredErrors(context, on_error, e);
        good = validate(e, context, doc);
    } else {
        good = say(e, "xmlSchemaNewValidCtxt");
    }
    xmlSchemaFreeValidCtxt(context);
    xmlSchemaFree(s);
    return good;
}

static bool
do_tree(struct errors *e)
{
    xmlDoc *doc =
        xmlReadMemory(document, sizeof document - 1, "doc.xml", NULL,
                      OPTIONS | XML_PARSE_DTDATTR | XML_PARSE_DTDVALID);
    bool good;

    if (!doc)
        return say(e, "xmlReadMemory");
    /* It may hand out the half of a document, and only report that. */
    good = !e->any && ask_all(e, doc) && change(e, doc) &&
           print(e, doc, "UTF-8") && print(e, doc, "ISO-8859-1") &&
           hold_against_schema(e, doc);
    xmlFreeDoc(doc);
    return good;
}

/* ---- in pieces ---- */

static bool
push(struct errors *e, xmlParserCtxt *parser)
{
    int size = sizeof document - 1, at, code = 0;

    for (at = 0; code == 0 && at < size; at += PIECE)
        code = xmlParseChunk(parser, document + at,
                             size - at < PIECE ? size - at : PIECE, 0);
    if (code == 0)
        code = xmlParseChunk(parser, NULL, 0, 1);
    if (code != 0 || !parser->myDoc)
        return refused(e->w, "xmlParseChunk: %d", code);
    return print(e, parser->myDoc, "UTF-8");
}

static bool
do_pieces(struct errors *e)
{
    xmlParserCtxt *parser =
        xmlCreatePushParserCtxt(NULL, NULL, NULL, 0, "pieces.xml");
    bool good;

    if (!parser)
        return say(e, "xmlCreatePushParserCtxt");
    xmlCtxtUseOptions(parser, OPTIONS);
    good = push(e, parser);
    xmlFreeDoc(parser->myDoc);
    parser->myDoc = NULL;
    xmlFreeParserCtxt(parser);
    return good;
}

/* ---- as a stream ---- */

static void
tell_node(struct work *w, xmlTextReader *reader)
{
    const xmlChar *name = xmlTextReaderConstName(reader);
    const xmlChar *value = xmlTextReaderConstValue(reader);

    result_text(w, "%d %d %s %s %d\n", xmlTextReaderDepth(reader),
                xmlTextReaderNodeType(reader),
                name ? (const char *)name : "(none)",
                value ? (const char *)value : "(none)",
                xmlTextReaderIsEmptyElement(reader));
}

static bool
do_stream(struct errors *e)
{
    xmlTextReader *reader = xmlReaderForMemory(document, sizeof document - 1,
                                               "stream.xml", NULL, OPTIONS);
    int code;

    if (!reader)
        return say(e, "xmlReaderForMemory");
    while ((code = xmlTextReaderRead(reader)) == 1) {
        tell_node(e->w, reader);
        while (xmlTextReaderMoveToNextAttribute(reader) == 1)
            tell_node(e->w, reader);
    }
    xmlFreeTextReader(reader);
    return code == 0 || say(e, "xmlTextReaderRead");
}

static bool
write_text(xmlTextWriter *writer)
{
    return xmlTextWriterStartDocument(writer, NULL, "UTF-8", NULL) >= 0 &&
           xmlTextWriterStartElement(writer, (const xmlChar *)"doc") >= 0 &&
           xmlTextWriterWriteAttribute(writer, (const xmlChar *)"a",
                                       (const xmlChar *)"<&>\"") >= 0 &&
           xmlTextWriterWriteComment(writer, (const xmlChar *)"text") >= 0 &&
           xmlTextWriterWriteBase64(writer, some_text(2000), 0, 2000) >= 0 &&
           xmlTextWriterEndDocument(writer) >= 0;
}

static bool
do_writer(struct errors *e)
{
    xmlBuffer *buffer = xmlBufferCreate();
    xmlTextWriter *writer = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL;
    bool good = writer && write_text(writer);

    xmlFreeTextWriter(writer);
    if (good)
        result(e->w, xmlBufferContent(buffer), (size_t)xmlBufferLength(buffer));
    xmlBufferFree(buffer);
    return good || say(e, "xmlTextWriter");
}

/* ---- a wrong one ---- */

static bool
do_wrong(struct errors *e)
{
    static const char wrong[] = "<list><item>&unknown;</list>";
    xmlDoc *doc;

    e->expected = true;
    doc = xmlReadMemory(wrong, sizeof wrong - 1, "wrong.xml", NULL,
                        OPTIONS | XML_PARSE_RECOVER);
    e->expected = false;
    if (!doc)
        return say(e, "xmlReadMemory");
    xmlFreeDoc(doc);
    return true;
}

static bool
work(struct work *w)
{
    struct errors e = {.w = w};
    bool good;

    if (w->bridge &&
        xmlMemSetup(xml2_free, xml2_malloc, xml2_realloc, xml2_strdup) != 0)
        return refused(w, "xmlMemSetup fails");
    xmlInitParser();
    xmlSetStructuredErrorFunc(&e, on_error);
    good = do_tree(&e) && do_pieces(&e) && do_stream(&e) && do_writer(&e) &&
           do_wrong(&e);
    xmlSetStructuredErrorFunc(NULL, NULL);
    xmlCleanupParser();
    return good && !e.any;
}

static const char *
version(void)
{
    static char text[64];
    unsigned long number = strtoul(xmlParserVersion, NULL, 10);

    snprintf(text, sizeof text, "%lu.%lu.%lu", number / 10000,
             number / 100 % 100, number % 100);
    return text;
}

const struct library library = {
    .name = "libxml2",
    .version = version,
    .shape = "free, malloc, realloc and strdup, no context",
    .work = work,
    .bind = xml2_bind,
    .unbind = xml2_unbind,
    .bound = xml2_bridge,
    .varies = "it seeds its hash tables with the time",
    .defects = CRASHES | LEAKS | SWALLOWS,
    .defects_text =
        "xmlSchemaItemListAdd forgets its items where it cannot grow, and "
        "counts them; nobody looks whether xmlRegStatePush took the state; "
        "xmlAddAttributeDecl takes a default that it cannot copy for none",
};
