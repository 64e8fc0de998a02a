import { readFileSync } from "node:fs";
import { Controller, Get, Header } from "@nestjs/common";
import { ApiExcludeController } from "@nestjs/swagger";

/** HTML with its style and script in it; the content policy allows them by hash. */
export const START_PAGE = readFileSync(
  new URL("./start-page.html", import.meta.url),
  "utf8",
);

@ApiExcludeController()
@Controller()
export class StartPageController {
  @Get()
  @Header("Content-Type", "text/html; charset=utf-8")
  @Header("Cache-Control", "no-cache")
  page(): string {
    return START_PAGE;
  }
}
