/** Answers of the form before the chat, checked as the server will: so that a mistake is told where it was made. */

import type { Answers, Field } from "./model.js";
import type { Words } from "./texts/index.js";

const EMAIL = /^[^\s@<>()",;:\\]+@[^\s@]+\.[^\s@.]{2,}$/;

export const isEmail = (text: string): boolean => text.length <= 254 && EMAIL.test(text.trim());

/** What is wrong with a value, or null. */
export function complaint(field: Pick<Field, "type" | "required">, value: string | boolean, words: Words): string | null {
  if (typeof value === "boolean") return field.required && !value ? words.missing : null;
  const text = value.trim();
  if (!text) return field.required ? words.missing : null;
  if (field.type === "email" && !isEmail(text)) return words.bad_email;
  if (field.type === "number" && !/^-?\d+([.,]\d+)?$/.test(text)) return words.bad_number;
  if (field.type === "tel" && !(/^\+?[\d\s().\/-]+$/.test(text) && text.replace(/\D/g, "").length >= 5)) return words.bad_phone;
  return null;
}

/** The answers as they are sent: texts, without those that are empty. */
export function answers(fields: Field[], values: Record<string, string | boolean>): Answers {
  const given: Answers = {};
  for (const field of fields) {
    const value = values[field.key];
    if (field.type === "link" || value === undefined) continue;
    const text = typeof value === "boolean" ? String(value) : value.trim();
    if (text) given[field.key] = field.type === "number" ? text.replace(",", ".") : text;
  }
  return given;
}
