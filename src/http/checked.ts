import { UsePipes } from "@nestjs/common";
import { validationPipe } from "./validation.js";

/**
 * For controllers of Tapeline's own API: validates queries and bodies by their classes; a 400 names
 * each wrong field.
 */
export function Checked(): ClassDecorator {
  return UsePipes(validationPipe());
}
