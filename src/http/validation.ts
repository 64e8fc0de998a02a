import { ValidationPipe } from "@nestjs/common";
import { type ValidationError, getMetadataStorage } from "class-validator";
import { type FieldFault, badParameters, shown } from "./problem.js";

/** Turns a request into its DTO; a 400 names each unknown and wrong field. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    stopAtFirstError: true,
    validationError: { target: true, value: true },
    exceptionFactory: (errors) => badParameters(errors.flatMap((error) => faultsOf(error, ""))),
  });
}

function faultsOf(error: ValidationError, path: string): FieldFault[] {
  const field = path === "" ? error.property : `${path}.${error.property}`;
  const nested = (error.children ?? []).flatMap((child) => faultsOf(child, field));
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]): FieldFault => {
    if (rule === "whitelistValidation")
      return { field, detail: `is not known here${knownFields(error)}` };
    const detail = message.startsWith(`${error.property} `)
      ? message.slice(error.property.length + 1)
      : message;
    return error.value === undefined
      ? { field, detail }
      : { field, detail, value: shown(error.value) };
  });
  return [...own, ...nested];
}

function knownFields(error: ValidationError): string {
  if (error.target === undefined) return "";
  const metadata = getMetadataStorage().getTargetValidationMetadatas(
    error.target.constructor,
    "",
    false,
    false,
  );
  const names = [...new Set(metadata.map(({ propertyName }) => propertyName))];
  return names.length === 0 ? "; this takes no parameters" : `; known are ${names.join(", ")}`;
}
