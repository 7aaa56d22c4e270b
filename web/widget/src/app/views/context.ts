/** What every view gets at: the talk, and its state as it is now. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Chat, State } from "../chat.js";
import type { Words } from "../texts/index.js";

export interface Surroundings {
  chat: Chat;
  state: State;
  words: Words;
}

const Context = createContext<Surroundings | null>(null);

export const Provider = Context.Provider;

export function useChat(): Surroundings {
  const surroundings = useContext(Context);
  if (!surroundings) throw new Error("a view outside of the window");
  return surroundings;
}
