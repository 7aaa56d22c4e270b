/**
 * Text of people as harmless nodes.
 *
 * The server has cleaned `content_html` already; here it is read once more through a list of what is allowed, so that a fault on
 * the one side is none on both. Nothing is ever put in as markup.
 */

import { h, type ComponentChild } from "preact";

const ALLOWED = new Set(["a", "b", "strong", "i", "em", "u", "s", "code", "pre", "p", "br", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "hr", "span", "div"]);
const HEADINGS = new Set(["h1", "h2", "h3", "h4"]);
const DEPTH = 20;

/** The address of a link that may be followed; null for every other. */
export function safeAddress(text: string): string | null {
  try {
    const url = new URL(text);
    return ["http:", "https:", "mailto:", "tel:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

const anchor = (href: string, children: ComponentChild) => h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, children);

const ADDRESS = /\bhttps?:\/\/[^\s<>"']+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gi;

/** The parts of a text: strings, and links as pairs of address and text. */
export function findLinks(text: string): (string | { href: string; text: string })[] {
  const parts: (string | { href: string; text: string })[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    let found = match[0];
    // Punctuation at the end belongs to the sentence, a bracket only when it was not opened within the address.
    for (;;) {
      const last = found[found.length - 1] ?? "";
      const isLoose = /[.,;:!?…'"»”]/.test(last) || (last === ")" && !found.includes("(")) || (last === "]" && !found.includes("["));
      if (!isLoose) break;
      found = found.slice(0, -1);
    }
    const href = safeAddress(found.includes("://") ? found : `mailto:${found}`);
    if (!href) continue;
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push({ href, text: found });
    from = match.index + found.length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

/** A plain text with its links; line breaks are kept by the style. */
export function plain(text: string): ComponentChild[] {
  return findLinks(text).map((part) => (typeof part === "string" ? part : anchor(part.href, part.text)));
}

/** Cleaned HTML as nodes. */
export function rich(html: string): ComponentChild[] {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return children(parsed.body, 0);
}

function children(node: Node, depth: number): ComponentChild[] {
  if (depth > DEPTH) return [node.textContent ?? ""];
  return Array.from(node.childNodes, (child) => element(child, depth));
}

function element(node: Node, depth: number): ComponentChild {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  const name = (node as Element).localName;
  if (name === "script" || name === "style" || name === "template") return null;
  const inner = children(node, depth + 1);
  if (name === "a") {
    const href = safeAddress((node as Element).getAttribute("href") ?? "");
    return href ? anchor(href, inner) : h("span", null, inner);
  }
  // A heading of a message is none of the window.
  if (HEADINGS.has(name)) return h("p", { class: "heading" }, inner);
  return ALLOWED.has(name) ? h(name, null, inner) : h("span", null, inner);
}
