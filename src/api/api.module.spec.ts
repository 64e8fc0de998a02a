import { ValidationPipe } from "@nestjs/common";
import { MODULE_METADATA, PIPES_METADATA } from "@nestjs/common/constants.js";
import { ApiModule } from "./api.module.js";

const controllers = Reflect.getMetadata(
  MODULE_METADATA.CONTROLLERS,
  ApiModule,
) as (abstract new () => unknown)[];

describe("controllers of Tapeline's own API", () => {
  it("are found", () => {
    expect(controllers.length).toBeGreaterThan(5);
  });

  it.each(controllers.map((controller) => [controller.name, controller]))(
    "%s validates its queries and bodies",
    (_name, controller) => {
      const pipes: unknown = Reflect.getMetadata(PIPES_METADATA, controller);
      expect(pipes).toEqual([expect.any(ValidationPipe)]);
    },
  );
});
