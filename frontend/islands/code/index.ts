/** CodeMirror over a textarea of HTML: `<div data-island="code" data-field="id-of-textarea" data-label="…">`. */
import { html } from "@codemirror/lang-html";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { tags } from "@lezer/highlight";
import { EditorView, basicSetup } from "codemirror";

// The colours of the interface, which can be read on both themes.
const COLOURS = HighlightStyle.define([
  { tag: [tags.tagName, tags.angleBracket, tags.keyword], color: "var(--td-accent-text)" },
  { tag: [tags.attributeName, tags.propertyName], color: "var(--td-blue)" },
  { tag: [tags.attributeValue, tags.string, tags.number], color: "var(--td-green)" },
  { tag: [tags.comment, tags.documentMeta, tags.processingInstruction], color: "var(--td-text-quiet)" },
  { tag: tags.invalid, color: "var(--td-red)" },
]);

export function mount(element: HTMLElement): void {
  const field = document.getElementById(element.dataset.field ?? "") as HTMLTextAreaElement;
  // In a shadow root the editor adopts style sheets; beside the page it would write style elements, which the policy refuses.
  const root = element.attachShadow({ mode: "open" });
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: field.value,
      extensions: [
        basicSetup,
        html(),
        syntaxHighlighting(COLOURS),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": element.dataset.label ?? "HTML" }),
        EditorView.theme(
          {
            "&": { fontSize: "13px", border: "1px solid var(--td-line-strong)", borderRadius: "8px", minHeight: "380px", background: "var(--td-surface)" },
            "&.cm-focused": { outline: "none", borderColor: "var(--td-accent)", boxShadow: "var(--td-ring)" },
            ".cm-gutters": { background: "var(--td-surface-quiet)", color: "var(--td-text-quiet)", borderRight: "1px solid var(--td-line)" },
            ".cm-content": { caretColor: "var(--td-text)" },
            ".cm-activeLine, .cm-activeLineGutter": { background: "var(--td-hover)" },
          },
          { dark: document.documentElement.dataset.bsTheme === "dark" },
        ),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          field.value = update.state.doc.toString();
          field.dispatchEvent(new Event("input", { bubbles: true }));
        }),
      ],
    }),
  });
  field.addEventListener("tidings:insert", (event) => {
    view.dispatch(view.state.replaceSelection((event as CustomEvent<string>).detail));
    view.focus();
  });
  field.hidden = true;
}
