/** What the visitor's API gives: see docs/channels/website.md. */

export type Sender = "user" | "agent" | "ai" | "system";

export interface Author {
  name: string;
  avatar_url: string | null;
}

export interface Attachment {
  id: string;
  filename: string;
  mime_type: string;
  file_size: number;
  is_image: boolean;
}

export interface QuickReply {
  title: string;
  value: string;
}

export interface Message {
  id: string;
  seq: string;
  conversation_id: string;
  sender_type: Sender;
  author: Author | null;
  content: string;
  content_html: string | null;
  created_at: string;
  client_message_id: string | null;
  status: "sent" | "delivered" | "read" | null;
  attachments: Attachment[];
  quick_replies: QuickReply[];
  sources: { title: string; url: string | null }[];
}

export interface MessagePage {
  data: Message[];
  next_cursor?: string | null;
  previous_cursor?: string | null;
}

export interface Conversation {
  conversation_id: string | null;
  status: string | null;
  unread: number;
  read_by_agent_at: string | null;
  agent: { name: string | null; avatar_url: string | null } | null;
  /** Somebody has answered, so there is something to rate. */
  can_rate: boolean;
  rating: number | null;
  started_at: string | null;
}

export interface Field {
  key: string;
  type: "text" | "email" | "tel" | "number" | "select" | "checkbox" | "link";
  label: string;
  placeholder?: string | null;
  required: boolean;
  choices?: string[] | null;
}

export interface Configuration {
  color?: string;
  text_color?: string;
  position?: "right" | "left";
  offset_x?: number;
  offset_y?: number;
  launcher_text?: string;
  title?: string;
  greeting?: string;
  offline_message?: string;
  languages?: string[];
  texts?: Record<string, Record<string, string>>;
  theme?: "light" | "dark" | "auto";
  sound?: boolean;
  uploads?: boolean;
  rating?: boolean;
  require_email_offline?: boolean;
  quick_replies?: (string | QuickReply)[];
  show_branding?: boolean;
}

export interface Settings {
  widget_id: string;
  name: string;
  language: string | null;
  configuration: Configuration;
  custom_css: string | null;
  identity_required: boolean;
  availability: { open: boolean; agents_online: boolean; opens_at: string | null; reply_hint_seconds: number | null };
  form: Field[];
  max_file_bytes: number;
  files_per_message: number;
  uploads: boolean;
}

export interface Session {
  visitor_token: string;
  expires_at: string | null;
  name?: string | null;
  verified?: boolean;
}

export type Answers = Record<string, string>;

/** A message that was written here and is not stored yet. */
export interface Outgoing {
  /** `client_message_id`: the server stores one message for it, however often it is sent. */
  id: string;
  content: string;
  files: Attachment[];
  created_at: string;
  state: "sending" | "failed" | "needs_email";
  /** Why it failed, in words. */
  reason: string | null;
  form?: { answers: Answers; seconds: number; website: string };
}

/** A file that is chosen and not sent yet. */
export interface Draft {
  key: string;
  file: File;
  /** From 0 to 1. */
  progress: number;
  state: "uploading" | "done" | "failed";
  reason: string | null;
  attachment: Attachment | null;
  cancel: () => void;
}
