/** The rich text editor over a textarea: `<div data-island="richtext" data-field="id-of-textarea">` with a toolbar of
 * buttons `data-do="bold"`. What the person writes goes back into the textarea at every change. */
import { Editor } from "@tiptap/core";
import Image from "@tiptap/extension-image";
import TextAlign from "@tiptap/extension-text-align";
import StarterKit from "@tiptap/starter-kit";
import "./style.css";

type Command = { run(editor: Editor, button: HTMLElement): void; active?(editor: Editor): boolean };

const COMMANDS: Record<string, Command> = {
  bold: { run: (e) => e.chain().focus().toggleBold().run(), active: (e) => e.isActive("bold") },
  italic: { run: (e) => e.chain().focus().toggleItalic().run(), active: (e) => e.isActive("italic") },
  underline: { run: (e) => e.chain().focus().toggleUnderline().run(), active: (e) => e.isActive("underline") },
  h1: { run: (e) => e.chain().focus().toggleHeading({ level: 1 }).run(), active: (e) => e.isActive("heading", { level: 1 }) },
  h2: { run: (e) => e.chain().focus().toggleHeading({ level: 2 }).run(), active: (e) => e.isActive("heading", { level: 2 }) },
  bullets: { run: (e) => e.chain().focus().toggleBulletList().run(), active: (e) => e.isActive("bulletList") },
  numbers: { run: (e) => e.chain().focus().toggleOrderedList().run(), active: (e) => e.isActive("orderedList") },
  quote: { run: (e) => e.chain().focus().toggleBlockquote().run(), active: (e) => e.isActive("blockquote") },
  rule: { run: (e) => e.chain().focus().setHorizontalRule().run() },
  left: { run: (e) => e.chain().focus().setTextAlign("left").run(), active: (e) => e.isActive({ textAlign: "left" }) },
  centre: { run: (e) => e.chain().focus().setTextAlign("center").run(), active: (e) => e.isActive({ textAlign: "center" }) },
  undo: { run: (e) => e.chain().focus().undo().run() },
  redo: { run: (e) => e.chain().focus().redo().run() },
  link: {
    run: (e, button) => {
      const before = (e.getAttributes("link").href as string | undefined) ?? "https://";
      const href = prompt(button.dataset.ask ?? button.title, before);
      if (href === null) return;
      if (href === "" || href === "https://") e.chain().focus().unsetLink().run();
      else e.chain().focus().extendMarkRange("link").setLink({ href }).run();
    },
    active: (e) => e.isActive("link"),
  },
  image: {
    run: (e, button) => {
      const src = prompt(button.dataset.ask ?? button.title, "https://");
      if (src && src !== "https://") e.chain().focus().setImage({ src }).run();
    },
  },
  insert: { run: (e, button) => e.chain().focus().insertContent(button.dataset.text ?? "").run() },
};

export function mount(element: HTMLElement): void {
  const field = document.getElementById(element.dataset.field ?? "") as HTMLTextAreaElement;
  const page = element.querySelector<HTMLElement>("[data-page]") ?? element.appendChild(document.createElement("div"));
  const buttons = [...element.querySelectorAll<HTMLElement>("[data-do]")];
  const label = element.dataset.label ?? "";
  const refresh = (editor: Editor) => {
    for (const button of buttons) {
      const active = COMMANDS[button.dataset.do ?? ""]?.active;
      if (active) button.setAttribute("aria-pressed", String(active(editor)));
    }
  };
  const editor = new Editor({
    element: page,
    injectCSS: false,
    content: field.value,
    extensions: [
      // Merge tags such as {{crm.unsubscribe_url}} and ##web_preview_url## are links too.
      StarterKit.configure({ link: { openOnClick: false, isAllowedUri: (uri) => /^(https?:|mailto:|tel:|\{\{|##|\/|\{)/i.test(uri) } }),
      Image,
      TextAlign.configure({ types: ["heading", "paragraph"] }),
    ],
    editorProps: { attributes: { role: "textbox", "aria-multiline": "true", "aria-label": label } },
    onUpdate: ({ editor }) => {
      field.value = editor.getHTML();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
    onTransaction: ({ editor }) => refresh(editor),
  });
  field.addEventListener("tidings:insert", (event) => {
    editor.chain().focus().insertContent((event as CustomEvent<string>).detail).run();
  });
  field.hidden = true;
  element.hidden = false;
  element.addEventListener("click", (event) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-do]");
    if (!button) return;
    COMMANDS[button.dataset.do ?? ""]?.run(editor, button);
    // At once, not with the next frame: who types on without a pause types into the text.
    editor.view.focus();
  });
  refresh(editor);
}
